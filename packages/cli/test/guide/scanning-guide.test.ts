import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'
import { readSuppressions } from '../../src/scan/suppressions-file.ts'
import { newFolder, sallyport } from '../sallyport.ts'
import { blocksOf, shellLines } from './guide.ts'
import { smallPackage } from './small-package.ts'

const page = readFileSync(new URL('../../../../../docs/guide/scanning.md', import.meta.url), 'utf8')

describe('the page about scanning', () => {
  const cwd = newFolder()
  for (const name of ['app-release.aab', 'app-release.apk', 'app-4.2.0.apk', 'app-4.1.0.apk']) {
    writeFileSync(path.join(cwd, name), smallPackage())
  }

  for (const line of shellLines(page)) {
    test(`its line runs: ${line}`, async () => {
      const [command, ...args] = line.split(' ')
      assert.equal(command, 'sallyport')
      const { code, stderr } = await sallyport(args, { cwd })
      assert.equal(code, 0, stderr)
    })
  }

  test('its suppressions are such', () => {
    const block = blocksOf(page, 'yaml').find((one) => one.startsWith('suppressions:'))
    const file = path.join(cwd, 'suppressions.yaml')
    writeFileSync(file, block ?? '')
    assert.equal(readSuppressions(file).length, 2)
  })

  test('its lines for build servers are options that there are', async () => {
    const { stdout } = await sallyport(['scan', '--help'])
    const lines = blocksOf(page, 'yml')
      .join('\n')
      .matchAll(/bin\/sallyport scan .*/g)
    const options = [...lines].flatMap(([line]) => line.match(/--[a-z-]+/g) ?? [])
    assert.ok(options.length >= 6)
    // The name is not ours at the registry: in another repository npx would fetch whoever has it.
    assert.doesNotMatch(blocksOf(page, 'yml').join('\n'), /npx/)
    for (const option of options) assert.ok(stdout.includes(`${option} <`), option)
  })
})
