import assert from 'node:assert/strict'
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Change } from '@sallyport/wire'
import { KnownStatus } from '../src/control/known-status.ts'
import { StatusJournal } from '../src/control/status-journal.ts'
import { StatusKeeper } from '../src/control/status-keeper.ts'
import type { Log } from '../src/log/log.ts'
import { statusControl } from '../src/status/status-control.ts'
import { packed } from './support/packed.ts'

const epoch = 'epo_a'
const until = Date.now() + 1_000_000
const snapshot = packed({ epoch, seq: 10, at: 0, issuers: [], certificates: [], devices: [] })
const change = (seq: number): Change => ({
  seq,
  at: 0,
  kind: 'device',
  key: `dev_${seq}`,
  status: 'revoked',
  until,
})
const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

function keeperIn(directory: string): { known: KnownStatus; keeper: StatusKeeper } {
  const known = new KnownStatus(statusControl(), async () => {})
  return { known, keeper: new StatusKeeper(directory, known, silent) }
}

/** A snapshot of ten changes on disk. */
async function setUp(t: TestContext): Promise<{ directory: string; file: string }> {
  const directory = await mkdtemp(path.join(tmpdir(), 'sallyport-keeper-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  const { known, keeper } = keeperIn(directory)
  known.replace(snapshot)
  keeper.replaced()
  await keeper.close()
  return { directory, file: path.join(directory, 'status.snapshot') }
}

/** The number of the last change that is taken up; undefined where nothing is. */
async function takenUp(directory: string): Promise<number | undefined> {
  const { known, keeper } = keeperIn(directory)
  const age = await keeper.takeUp(Date.now())
  await keeper.close()
  return age === undefined ? undefined : known.seq
}

async function journal(directory: string, ...changes: Change[]): Promise<void> {
  const written = new StatusJournal(directory)
  await written.append(epoch, changes)
  await written.close()
}

test('the journal goes on from the snapshot, whatever of it the snapshot holds already', async (t) => {
  const { directory } = await setUp(t)
  assert.equal(await takenUp(directory), 10)
  await journal(directory, change(9), change(10), change(11), change(12))
  assert.equal(await takenUp(directory), 12)
})

test('a journal that is damaged or has a gap is not half believed: nothing is', async (t) => {
  const { directory } = await setUp(t)
  await journal(directory, change(12))
  assert.equal(await takenUp(directory), undefined)
  await rm(path.join(directory, 'status.journal'))
  await journal(directory, change(11))
  await appendFile(path.join(directory, 'status.journal'), 'x\n')
  assert.equal(await takenUp(directory), undefined)
})

test('what belongs to another epoch is passed over', async (t) => {
  const { directory } = await setUp(t)
  const other = new StatusJournal(directory)
  await other.append('epo_b', [change(1), change(99)])
  await other.close()
  assert.equal(await takenUp(directory), 10)
})

test('a snapshot that was cut off, changed, or is none is not used', async (t) => {
  const { directory, file } = await setUp(t)
  const whole = await readFile(file, 'utf8')
  const lines = [
    '',
    whole.slice(0, 40),
    whole.slice(0, -1),
    `${whole} `,
    whole.replace('"seq":10', '"seq":99'),
    whole.replace('v2', 'v3'),
    '\0'.repeat(100),
  ]
  for (const text of lines) {
    await writeFile(file, text)
    assert.equal(await takenUp(directory), undefined, text)
  }
  await writeFile(file, whole)
  assert.equal(await takenUp(directory), 10)
})

test('where changes cannot be kept, what they would be missing from is not kept either', async (t) => {
  const { directory, file } = await setUp(t)
  const { known, keeper } = keeperIn(directory)
  await keeper.takeUp(Date.now())
  // Nothing can be appended to a directory.
  await mkdir(path.join(directory, 'status.journal'))
  known.apply(change(11))
  const kept = keeper.keep([change(11)])
  await kept
  await assert.rejects(readFile(file), { code: 'ENOENT' })
  await rm(path.join(directory, 'status.journal'), { recursive: true })
  await keeper.close()
  assert.equal(await takenUp(directory), 11)
})
