import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { defaultLimits, scan } from '../src/index.ts'

test('a file that holds nothing has no findings', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'scan-'))
  try {
    const file = path.join(folder, 'nothing.bin')
    await writeFile(file, Buffer.alloc(100))
    const settings = { submittedAt: new Date(), releaseWindowDays: 60, limits: defaultLimits }
    const { findings, notChecked, app } = await scan(file, settings)
    assert.deepEqual(findings, [])
    assert.deepEqual(notChecked, [])
    assert.equal(app.bytes, 100)
  } finally {
    await rm(folder, { recursive: true })
  }
})
