import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { crc32, deflateRawSync } from 'node:zlib'
import { ZipFile, ZipMaker } from '../../src/scan/zip-file.ts'

test('what is put into an archive comes out again, in a process that inflates it too', (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-zip-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = path.join(folder, 'made.zip')
  const maker = new ZipMaker(file)
  const content = Buffer.from('content '.repeat(1_000))
  for (const [name, method] of [['stored', 0], ['deflated', 8]] as const) {
    const compressed = method === 0 ? content : deflateRawSync(content)
    const sizes = { compressedSize: compressed.length, size: content.length }
    const entry = { name: Buffer.from(name), method, crc: crc32(content), offset: 0, ...sizes }
    maker.add(name, entry, compressed)
  } // biome-ignore format: pairs
  maker.close()

  const archive = new ZipFile(file)
  assert.deepEqual(
    archive.entries.map(({ name }) => String(name)),
    ['stored', 'deflated'],
  )
  for (const entry of archive.entries) assert.deepEqual(archive.inflated(entry), content)
  archive.close()

  const module = fileURLToPath(new URL('../../src/scan/inflate-process.js', import.meta.url))
  assert.equal(String(execFileSync(process.execPath, [module, file])), `${2 * content.length}\n`)
})
