import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, lstatSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { binary, newFolder, sallyport } from '../sallyport.ts'

const cwd = newFolder()
writeFileSync(path.join(cwd, 'app'), `url = "https://app:Rk39-kd0w-2Qx@api.bank.com/"\n`.repeat(9))

/** In a shell, where a pipe's end and a full disk are what they are for people. */
async function inShell(line: string): Promise<number> {
  const command = `"${process.execPath}" "${binary}"`
  const script = `set -o pipefail; ${line.replace('sallyport', command)}`
  try {
    await promisify(execFile)('bash', ['-c', script], { cwd })
    return 0
  } catch (error) {
    return (error as { code: number }).code
  }
}

test('a report that goes into a pipe leaves the pipe where it is', async () => {
  const pipe = path.join(cwd, 'pipe')
  await promisify(execFile)('mkfifo', [pipe])
  const read = readFile(pipe, 'utf8')
  await sallyport(['scan', 'app', '--format', 'json', '--output', pipe], { cwd })
  assert.ok(lstatSync(pipe).isFIFO())
  assert.match(await read, /urn:sallyport:scan-report/)
})

test('whoever stops reading a report does not change the answer', async () => {
  assert.equal(await inShell('sallyport scan app'), 1)
  assert.equal(await inShell('sallyport scan app | true'), 1)
})

test('a report that a full disk has not taken is no answer', async (t) => {
  if (!existsSync('/dev/full')) return t.skip('/dev/full is of Linux')
  assert.equal(await inShell('sallyport scan app > /dev/full'), 3)
  assert.equal(await inShell('sallyport scan app --output /dev/full'), 3)
})

test('a pipe in the place of a package is refused, and no defect is told', async () => {
  const pipe = path.join(cwd, 'package')
  await promisify(execFile)('mkfifo', [pipe])
  const { code, stderr } = await sallyport(['scan', 'package'], { cwd })
  assert.equal(code, 3)
  assert.match(stderr, /neither a file nor a folder/)
  assert.doesNotMatch(stderr, /internal_error/)
})
