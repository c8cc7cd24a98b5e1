import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import Type from 'typebox'
import { readConfig, readRegularFile } from '../src/index.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'regular-file-'))
const at = (name: string): string => path.join(folder, name)

test('a file is read up to its bound, and through a link', () => {
  const bytes = Buffer.alloc(200_000, 'ä')
  writeFileSync(at('file'), bytes)
  symlinkSync('file', at('link'))
  assert.deepEqual(readRegularFile(at('link'), 200_000), { bytes })
  assert.deepEqual(readRegularFile(at('file'), 199_999), {
    fault: 'too large',
    why: 'it has more than 199999 bytes',
  })
  writeFileSync(at('empty'), '')
  assert.deepEqual(readRegularFile(at('empty'), 0), { bytes: Buffer.alloc(0) })
})

execFileSync('mkfifo', [at('pipe')])

for (const [file, said] of [
  [at('pipe'), /it is a pipe, and no file/],
  ['/dev/zero', /it is a device, and no file/],
  [folder, /it is a directory, and no file/],
  [at('missing'), /ENOENT: no such file or directory/],
  [`${at('file')}/below`, /ENOTDIR: not a directory/],
] as const) {
  test(`a configuration that is ${path.basename(file)} is refused at once, and named`, () => {
    assert.throws(
      () => readConfig(file, Type.Object({})),
      (error) =>
        isProblem(error) &&
        error.code === 'config_unreadable' &&
        error.detail?.startsWith(`${file}: `) === true &&
        said.test(error.detail),
    )
  })
}
