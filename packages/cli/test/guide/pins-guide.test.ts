import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { targetNames, targets, parsePinsFile, refuseFaultySets } from '@sallyport/pins'
import { startPinnedServer } from '../pins/pinned-server.ts'
import { newFolder, sallyport } from '../sallyport.ts'
import { blocksOf, shellLines, wordsOf } from './guide.ts'

const guide = readFileSync(new URL('../../../../../docs/guide/pins.md', import.meta.url), 'utf8')
const cwd = newFolder()
let server: Awaited<ReturnType<typeof startPinnedServer>>

before(async () => {
  server = await startPinnedServer(cwd)
  writeFileSync(path.join(cwd, 'next-root.pem'), readFileSync(path.join(cwd, 'other-root.pem')))
})
after(() => server.close())

/** What the lines need here: the server is on loopback, and of a private CA. */
const besides: Readonly<Record<string, () => string[]>> = {
  init: () => ['--connect', server.address, '--ca', 'root.pem'],
  check: () => ['--connect', server.address],
}

describe('the lines of the guide to pins work, one after another', { concurrency: false }, () => {
  for (const line of shellLines(guide)) {
    test(line, async () => {
      const [, ...words] = wordsOf(line)
      const { code, stderr, stdout } = await sallyport(
        [...words, ...(besides[words[1] ?? '']?.() ?? [])],
        { cwd },
      )
      assert.equal(code, 0, stderr + stdout)
    })
  }
})

for (const [index, block] of blocksOf(guide, 'yaml').entries()) {
  test(`file ${index + 1} of the guide to pins is one, and is not refused`, () => {
    refuseFaultySets(parsePinsFile(path.join(cwd, 'pins.yaml'), block), Date.UTC(2026, 11, 1))
  })
}

test('the table of the guide says of each target what it can say', () => {
  for (const name of targetNames) {
    const row = guide.split('\n').find((line) => line.startsWith(`| \`${name}\` |`))
    const [, , , none, one, any, , ends] = (row ?? '').split('|').map((cell) => cell.trim())
    const { depths, canExpire } = targets[name]
    const said = { none, one, any }
    for (const depth of ['none', 'one', 'any'] as const) {
      assert.equal(said[depth] !== '–', depths.includes(depth), `${name} ${depth}`)
    }
    assert.equal(ends === 'yes', canExpire, name)
  }
})
