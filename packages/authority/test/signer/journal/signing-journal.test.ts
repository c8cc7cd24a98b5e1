import assert from 'node:assert/strict'
import { execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import fc from 'fast-check'
import { isProblem } from '@sallyport/problem'
import { decodeLine, encodeLine } from '../../../src/signer/journal/journal-record.ts'
import { prepareJournalDirectory } from '../../../src/signer/journal/journal-place.ts'
import { countSince } from '../../../src/signer/journal/recent-records.ts'
import { dayMs, journalFolder, thing } from './journal-folder.ts'

let folder = journalFolder()
beforeEach(() => {
  folder = journalFolder()
})
afterEach(() => folder.remove())

const isCode = (code: string) => (error: unknown) => {
  assert.ok(isProblem(error) && error.code === code, String(error))
  return true
}
const files = () => readdirSync(folder.directory).toSorted()
const only = () => path.join(folder.directory, files()[0] ?? '')
const serials = async () => (await folder.read()).records.map(({ serial }) => serial)

test('what was signed is read as it was written, in order, in files of their owner alone', async () => {
  const journal = folder.start()
  const things = Array.from({ length: 50 }, () => thing())
  await Promise.all(things.map((each) => journal.append(each)))
  const { records, faults } = await folder.read()
  assert.deepEqual(faults, [])
  assert.deepEqual(
    records.map(({ kind, ca, serial, sha256, until }) => ({ kind, ca, serial, sha256, until })),
    things,
  )
  assert.deepEqual(
    records.map(({ seq }) => seq),
    things.map((_, index) => index + 2),
  )
  assert.equal(statSync(folder.directory).mode & 0o777, 0o700)
  assert.equal(statSync(only()).mode & 0o777, 0o600)
})

test('a file of another day, and one that is full, is followed by another in the same chain', async () => {
  let now = Date.parse('2026-11-22T23:59:59Z')
  const journal = folder.start({ now: () => now, maxFileBytes: 1_000 })
  for (let count = 0; count < 6; count++) await journal.append(thing())
  assert.equal(files().length, 2)
  now += 2_000
  await journal.append(thing())
  assert.match(files()[2] ?? '', /-20261123\.jsonl$/)
  const { records, faults } = await folder.read()
  assert.deepEqual([records.length, faults], [7, []])
})

test('a signer that is started again goes on in the same chain', async () => {
  for (let start = 0; start < 3; start++) {
    const journal = folder.start()
    await journal.append(thing())
    await journal.close()
  }
  const { records, faults } = await folder.read()
  assert.deepEqual([records.length, faults], [3, []])
})

test('wherever a file was cut off, whole records are kept, the torn one is told and cut, and the chain goes on', async () => {
  const first = folder.start()
  for (let count = 0; count < 4; count++) await first.append(thing())
  await first.close()
  const file = only()
  const whole = readFileSync(file)
  const ends = [...whole.entries()].flatMap(([at, byte]) => (byte === 0x0a ? [at + 1] : []))
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: whole.length - 1 }),
      fc.constantFrom('', '\0'.repeat(300), '{"seq":'),
      async (at, behind) => {
        for (const name of files()) rmSync(path.join(folder.directory, name))
        writeFileSync(file, Buffer.concat([whole.subarray(0, at), Buffer.from(behind)]))
        folder.logged.length = 0
        const journal = folder.start()
        await journal.append(thing({ serial: 'aa' }))
        await journal.close()
        const kept = ends.filter((end) => end <= at).length
        const { records, faults } = await folder.read()
        assert.deepEqual(faults, [])
        assert.equal(records.length, Math.max(0, kept - 1) + 1)
        assert.equal(records.at(-1)?.serial, 'aa')
        const isTorn = !ends.includes(at) || behind !== ''
        assert.equal(folder.logged.join('').includes('not written whole'), isTorn)
      },
    ),
    { numRuns: 60 },
  )
})

test('a record that was changed, left out, put in or moved is told', async () => {
  const journal = folder.start()
  for (let count = 0; count < 8; count++) await journal.append(thing())
  await journal.close()
  const file = only()
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  const changes: readonly ((at: number) => string[])[] = [
    (at) => lines.with(at, (lines[at] ?? '').replace('"device"', '"server"')),
    (at) => lines.toSpliced(at, 1),
    (at) => lines.toSpliced(at, 0, lines[at + 1] ?? ''),
    (at) => lines.toSpliced(at, 2, lines[at + 1] ?? '', lines[at] ?? ''),
    (at) => lines.with(at, 'nothing'),
  ]
  for (const change of changes) {
    for (let at = 1; at < lines.length - 2; at++) {
      writeFileSync(file, `${change(at).join('\n')}\n`)
      const { faults } = await folder.read()
      assert.ok(
        faults.some(({ what }) => what === 'unchained' || what === 'malformed'),
        `${at} ${String(change)}`,
      )
    }
  }
})

test('a file that is missing is told, unless it is so old that it was removed', async () => {
  let now = Date.parse('2026-01-01T12:00:00Z')
  const journal = folder.start({ now: () => now, keepMs: () => 400 * dayMs })
  for (let day = 0; day < 4; day++) {
    await journal.append(thing())
    now += dayMs
  }
  await journal.close()
  rmSync(path.join(folder.directory, files()[1] ?? ''))
  assert.deepEqual((await folder.read(now - 30 * dayMs)).faults, [{ what: 'missing', line: 1 }])
  assert.deepEqual((await folder.read(now)).faults, [])
})

test('files are removed once all in them has ended for so long, and one of a CA is kept', async () => {
  let now = Date.parse('2026-01-01T12:00:00Z')
  const journal = folder.start({ now: () => now })
  const until = now + 7 * dayMs
  await journal.append(thing({ until }))
  now += dayMs
  await journal.append(thing({ until, kind: 'issuing-ca' }))
  await journal.append(thing({ until: now + 3_650 * dayMs, kind: 'issuing-ca' }))
  now = until + 29 * dayMs
  await journal.append(thing({ until: now + 7 * dayMs }))
  await journal.close()
  assert.equal(files().length, 3)
  now = until + 31 * dayMs
  const next = folder.start({ now: () => now })
  await next.append(thing({ until: now + 7 * dayMs }))
  await next.close()
  assert.deepEqual(
    files().map((name) => name.slice(16, 24)),
    ['20260102', '20260206', '20260208'],
  )
  assert.deepEqual((await folder.read(now - 30 * dayMs)).faults, [])
})

test('on a disk that is full nothing is signed, nothing half written stays, and once there is room it goes on', async () => {
  const journal = folder.start()
  await journal.append(thing())
  const { size } = statSync(only())
  try {
    // The kernel writes so much of it, and no more.
    limitFiles(String(size + 100))
    await assert.rejects(journal.append(thing()), isCode('signer_journal_unwritable'))
    limitFiles('0')
    await assert.rejects(journal.append(thing()), isCode('signer_journal_unwritable'))
    await assert.rejects(journal.append(thing()), isCode('signer_journal_unwritable'))
    assert.equal(statSync(only()).size, size)
  } finally {
    limitFiles('')
  }
  await journal.append(thing({ serial: 'bb' }))
  const { records, faults } = await folder.read()
  assert.deepEqual([records.length, records.at(-1)?.serial, faults], [2, 'bb', []])
})

/** The most bytes of a file that this process writes; nothing: as many as it likes. */
function limitFiles(most: string): void {
  execFileSync('prlimit', [`--pid=${process.pid}`, `--fsize=${most === '' ? 'unlimited' : most}:`])
}

test('what was confirmed is there after kill -9, and the chain goes on', async () => {
  const program = new URL('journal-process.js', import.meta.url)
  const child = fork(program, [folder.directory], { stdio: 'ignore' })
  const confirmed: string[] = []
  child.on('message', (serial: string) => confirmed.push(serial))
  while (confirmed.length < 300) await once(child, 'message')
  child.kill('SIGKILL')
  await once(child, 'exit')
  const journal = folder.start()
  await journal.append(thing({ serial: 'cc' }))
  const known = new Set(await serials())
  assert.deepEqual(
    confirmed.filter((serial) => !known.has(serial)),
    [],
  )
  assert.deepEqual((await folder.read()).faults, [])
})

test('a file that others removed or wrote to is followed by another, and what they did is told', async () => {
  const journal = folder.start()
  await journal.append(thing())
  appendFileSync(only(), 'somebody else\n')
  await journal.append(thing())
  assert.equal(files().length, 2)
  assert.deepEqual((await folder.read()).faults, [{ what: 'torn', line: undefined }])
  rmSync(path.join(folder.directory, files()[1] ?? ''))
  await journal.append(thing({ serial: 'dd' }))
  assert.equal((await serials()).at(-1), 'dd')
  assert.ok((await folder.read()).faults.some(({ what }) => what === 'missing'))
  assert.ok(folder.logged.some((line) => line.includes('WAS CHANGED BY OTHERS')))
})

test('a folder that others can write to is not used, also when it became so', async () => {
  mkdirSync(folder.directory, { mode: 0o755 })
  chmodSync(folder.directory, 0o755)
  const journal = folder.start()
  await assert.rejects(journal.append(thing()), isCode('signer_journal_refused'))
  chmodSync(folder.directory, 0o700)
  await journal.append(thing())
})

test('a journal that cannot be read, and a directory that cannot be made, are told with a code', async () => {
  const file = path.join(folder.directory, '..', 'a-file')
  writeFileSync(file, '')
  const inFile = path.join(file, 'signed')
  assert.throws(() => prepareJournalDirectory(inFile), isCode('signer_journal_unwritable'))
  await assert.rejects(countSince(inFile, ['device'], 0), isCode('signer_journal_refused'))
  await assert.rejects(
    folder.start({ directory: inFile }).append(thing()),
    isCode('signer_journal_unwritable'),
  )
})

test('of a file without a whole record its name is free again', async () => {
  const first = folder.start()
  await first.append(thing())
  await first.close()
  truncateSync(only(), 10)
  const journal = folder.start()
  await journal.append(thing())
  assert.deepEqual([(await folder.read()).records.length, (await folder.read()).faults], [1, []])
})

test('whatever stands in a record, it is one line, and is read as it was written or not at all', () => {
  const text = fc.string({ unit: 'binary', maxLength: 300 })
  fc.assert(
    fc.property(
      fc.record({ kind: text, ca: text, serial: text, sha256: text }),
      fc.integer(),
      (said, until) => {
        const record = { seq: 1, at: 2, ...said, until } as never
        const { line, hash } = encodeLine(record, '')
        assert.ok(!/[\n\r\0]/.test(line))
        const read = decodeLine(line)
        if (read !== undefined) assert.deepEqual([read.record, read.hash], [record, hash])
      },
    ),
  )
  fc.assert(
    fc.property(text, (line) => {
      assert.equal(decodeLine(line), undefined)
    }),
  )
})
