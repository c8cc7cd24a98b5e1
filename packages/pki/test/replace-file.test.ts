import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import { replaceFile, replaceFileSync, type ReplaceOptions } from '../src/index.ts'

type Replace = (file: string, text: string, options?: ReplaceOptions) => unknown
const ways: Readonly<Record<string, Replace>> = {
  replaceFile,
  replaceFileSync: (file, text, { mode } = {}) => replaceFileSync(file, text, mode),
}

function newDirectory(t: TestContext): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-replace-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

for (const [name, replace] of Object.entries(ways)) {
  test(`${name} makes a file and its directories for their owner, and replaces it with its mode`, async (t) => {
    const file = path.join(newDirectory(t), 'a', 'b', 'kept')
    await replace(file, 'one')
    assert.equal(statSync(file).mode & 0o777, 0o600)
    assert.equal(statSync(path.dirname(file)).mode & 0o777, 0o700)
    await replace(file, 'two', { mode: 0o640 })
    assert.equal(readFileSync(file, 'utf8'), 'two')
    assert.equal(statSync(file).mode & 0o777, 0o640 & ~process.umask())
    assert.deepEqual(readdirSync(path.dirname(file)), ['kept'])
  })

  test(`${name} replaces a link, and writes nothing where it leads`, async (t) => {
    const directory = newDirectory(t)
    const [target, file] = [path.join(directory, 'target'), path.join(directory, 'kept')]
    writeFileSync(target, 'of another')
    symlinkSync(target, file)
    await replace(file, 'ours')
    assert.equal(readFileSync(target, 'utf8'), 'of another')
    assert.equal(readFileSync(file, 'utf8'), 'ours')
  })

  test(`${name} leaves nothing beside a place that cannot be had`, async (t) => {
    const directory = newDirectory(t)
    await replace(path.join(directory, 'taken', 'inside'), '')
    await assert.rejects(async () => replace(path.join(directory, 'taken'), 'x'))
    assert.deepEqual(readdirSync(directory), ['taken'])
  })

  test(`${name} takes away what a process left that was killed, and nothing else`, async (t) => {
    const directory = newDirectory(t)
    const old = ['kept.0123456789ab.tmp', 'other.0123456789ab.tmp', 'kept.tmp', 'kept.1.tmp']
    for (const entry of [...old, 'kept.ba9876543210.tmp']) {
      writeFileSync(path.join(directory, entry), 'half')
    }
    const before = new Date(Date.now() - 3_600_000)
    for (const entry of old) utimesSync(path.join(directory, entry), before, before)
    await replace(path.join(directory, 'kept'), 'whole')
    assert.deepEqual(
      readdirSync(directory).toSorted(),
      // The young one may be being written.
      ['kept', 'kept.1.tmp', 'kept.ba9876543210.tmp', 'kept.tmp', 'other.0123456789ab.tmp'],
    )
  })
}

const writer = `
  import { replaceFile } from '${new URL('../src/index.js', import.meta.url).href}'
  for (let count = 0; ; count++) {
    await replaceFile(process.argv[1], String(count % 10).repeat(200_000), { isDurable: false })
  }`

test('a process that is killed while it replaces a file leaves the whole of the old or of the new', async (t) => {
  const file = path.join(newDirectory(t), 'kept')
  for (let round = 0; round < 10; round++) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', writer, file])
    while (!existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 2))
    await new Promise((resolve) => setTimeout(resolve, round * 3))
    child.kill('SIGKILL')
    await once(child, 'exit')
    const text = readFileSync(file, 'utf8')
    assert.equal(text, (text[0] ?? '').repeat(200_000), `round ${round}`)
    rmSync(file)
  }
})
