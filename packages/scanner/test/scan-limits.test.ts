import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { defaultLimits, scan, type ScanLimits } from '../src/index.ts'
import { makeZip, type MadeEntry } from './make-zip.ts'

async function scanned(entries: readonly MadeEntry[], limits: Partial<ScanLimits> = {}) {
  const folder = await mkdtemp(path.join(tmpdir(), 'scan-limits-'))
  try {
    const file = path.join(folder, 'package')
    await writeFile(file, makeZip(entries))
    const settings = {
      submittedAt: new Date(),
      releaseWindowDays: 60,
      limits: { ...defaultLimits, ...limits },
    }
    return await scan(file, settings)
  } finally {
    await rm(folder, { recursive: true })
  }
}

test('when the time is over nothing more is read, and a line says from where', async () => {
  const names = ['first', 'second', 'third']
  const { notChecked, app } = await scanned(
    names.map((name) => ({ name, bytes: name })),
    { milliseconds: -1 },
  )
  assert.deepEqual(notChecked, [
    { path: 'first', why: 'the time for the scan was over: nothing behind this was read' },
  ])
  assert.match(app.sha256 ?? '', /^[0-9a-f]{64}$/)
})

test('when the time is over a large entry is not read to its end', async () => {
  const limits = { milliseconds: -1, wholeEntryBytes: 1_000, pieceBytes: 2_000, overlapBytes: 10 }
  const { notChecked } = await scanned(
    [{ name: 'large', bytes: Buffer.alloc(10_000, 'x') }],
    limits,
  )
  assert.match(notChecked[0]?.why ?? '', /the rest was not read/)
})

test('entries that cannot be read are lines, and the scan goes on', async () => {
  const { notChecked } = await scanned([
    { name: 'bad', bytes: 'x', says: { offset: 4_000 } },
    { name: 'worse', bytes: Buffer.alloc(9, 0xff), method: 0, says: { method: 8 } },
    { name: 'good', bytes: 'good' },
  ])
  assert.deepEqual(
    notChecked.map(({ path: entry }) => entry),
    ['bad', 'worse'],
  )
})
