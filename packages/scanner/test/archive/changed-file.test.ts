import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { appendFile, mkdtemp, rename, rm, truncate, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { openPackage } from '../../src/archive/open-package.ts'
import { defaultLimits } from '../../src/index.ts'
import { makeZip } from '../make-zip.ts'

const bytes = makeZip([{ name: 'a.txt', bytes: 'a'.repeat(10_000), method: 0 }])
const written = async (name: string): Promise<string> => {
  const file = path.join(folder, name)
  await writeFile(file, bytes)
  return file
}

let folder: string
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'changed-'))
})
after(() => rm(folder, { recursive: true }))

const changes: Readonly<Record<string, (file: string) => Promise<void>>> = {
  'is added to': (file) => appendFile(file, 'more'),
  'is cut off': (file) => truncate(file, 5_000),
  'is written over in place': async (file) => {
    await writeFile(file, bytes.toReversed())
    await utimes(file, new Date(), new Date(Date.now() + 5_000))
  },
}

for (const [name, change] of Object.entries(changes)) {
  test(`a package that ${name} while it is read is told of`, async () => {
    const file = await written(name)
    const { isChanged, entries, close } = await openPackage(file, defaultLimits, () => {})
    try {
      assert.equal(await isChanged(), false)
      await change(file)
      for await (const entry of entries) await entry.read().catch(() => {})
      assert.equal(await isChanged(), true)
    } finally {
      await close()
    }
  })
}

test('of a package that another takes the place of, the one that was opened is read, and hashed', async () => {
  const file = await written('replaced')
  const { isChanged, sha256, entries, close } = await openPackage(file, defaultLimits, () => {})
  try {
    await writeFile(`${file}.new`, 'another')
    await rename(`${file}.new`, file)
    for await (const entry of entries) assert.equal((await entry.read()).length, 10_000)
    assert.equal(await sha256(), createHash('sha256').update(bytes).digest('hex'))
    assert.equal(await isChanged(), false)
  } finally {
    await close()
  }
})
