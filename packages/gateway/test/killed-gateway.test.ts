import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Change } from '@sallyport/wire'
import { KnownStatus } from '../src/control/known-status.ts'
import { snapshotFile } from '../src/control/snapshot-file.ts'
import { StatusJournal } from '../src/control/status-journal.ts'
import { StatusKeeper } from '../src/control/status-keeper.ts'
import { refusingStatus, statusKey } from '../src/status/status-code.ts'
import { statusControl } from '../src/status/status-control.ts'
import { readStatusTable } from '../src/status/status-table.ts'
import { askOnce } from './support/client.ts'
import { type Bed, startBed } from './support/gateway.ts'
import { packed } from './support/packed.ts'

/** The gateway of a bed, in a process of its own. */
async function spawn(t: TestContext, bed: Bed): Promise<{ child: ChildProcess; bed: Bed }> {
  const module = new URL('./support/gateway-process.js', import.meta.url)
  const child = fork(module, [path.join(bed.directory, 'sallyport.yaml')])
  t.after(() => child.kill('SIGKILL'))
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  return { child, bed: { ...bed, port } }
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL')
  await once(child, 'exit')
}

test('killed at any moment while devices are revoked, a gateway that starts alone lets none in that it reported', async (t) => {
  const bed = await startBed(t)
  await bed.gateway.close()
  const good = await bed.world.device()
  const victims = await Promise.all(Array.from({ length: 60 }, () => bed.world.device()))
  const seqs = new Map<string, number>()
  const revoked: typeof victims = []
  const wasReported = ({ deviceId }: { deviceId: string }) =>
    bed.authority.reports.some(({ applied }) => applied.some((a) => a.seq === seqs.get(deviceId)))
  let checked = 0
  for (const afterMs of [0, 40, 190, 230]) {
    const running = await spawn(t, bed)
    const killed = new AbortController()
    const revoking = (async () => {
      for (let count = 0; count < 10 || !killed.signal.aborted; count++) {
        const victim = victims[revoked.length]
        if (victim === undefined) return
        seqs.set(victim.deviceId, bed.authority.change('device', victim.deviceId, 'revoked'))
        revoked.push(victim)
        await askOnce(running.bed, good).catch(() => undefined)
        if (killed.signal.aborted) return
      }
    })()
    await sleep(afterMs)
    await kill(running.child)
    killed.abort()
    await revoking
    const reported = revoked.filter(wasReported)

    await bed.authority.stop()
    const alone = await spawn(t, bed)
    for (const victim of reported.slice(-15)) {
      const { status } = await askOnce(alone.bed, victim)
      assert.notEqual(status, 200, `killed after ${afterMs} ms`)
      checked++
    }
    assert.equal((await askOnce(alone.bed, good)).status, 200, 'it goes by what is on disk')
    await bed.authority.start()
    await kill(alone.child)
  }
  t.diagnostic(`${checked} of ${revoked.length} revocations were looked at after a kill`)
  assert(checked > 5)
})

const revocation = (seq: number): Change => ({
  seq,
  at: 1,
  kind: 'device',
  key: `dev_${seq}`,
  status: 'revoked',
  until: Date.now() + 86_400_000,
})

/** What a gateway that starts with these files knows: the devices that it refuses; undefined: nothing, so that it refuses all. */
async function refusedAfterStart(directory: string): Promise<string[] | undefined> {
  const quiet = () => {}
  const known = new KnownStatus(statusControl(), () => Promise.resolve())
  const log = { debug: quiet, info: quiet, warn: quiet, error: quiet }
  const keeper = new StatusKeeper(directory, known, log)
  const age = await keeper.takeUp(Date.now())
  const { lookUp } = readStatusTable(known.table)
  const refused = [1, 2, 3].map((seq) => `dev_${seq}`)
  const found = refused.filter(
    (key) => refusingStatus(lookUp(statusKey('device', key))) !== undefined,
  )
  assert.equal(known.control.hasSnapshot(), age !== undefined)
  return age === undefined ? undefined : found
}

test('files of status that are cut off or garbled at any byte are believed whole or not at all', async (t) => {
  // What was taken up is written anew a moment later: not here.
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const directory = await mkdtemp(path.join(tmpdir(), 'sallyport-torn-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  const { seq, until, ...first } = revocation(1)
  const devices = [{ key: first.key, status: first.status, until: until ?? 0 }]
  const status = packed({ epoch: 'epo_a', seq, at: 1, issuers: [], certificates: [], devices })
  await snapshotFile(directory).write(status, Date.now())
  const journal = new StatusJournal(directory)
  await journal.append('epo_a', [revocation(2), revocation(3)])
  await journal.close()
  assert.deepEqual(await refusedAfterStart(directory), ['dev_1', 'dev_2', 'dev_3'])
  let believed = 0
  let looked = 0
  for (const name of ['status.snapshot', 'status.journal']) {
    const file = path.join(directory, name)
    const whole = await readFile(file)
    const lineEnds = [...whole.keys()].filter((index) => whole[index] === 0x0a)
    const lastLineEnd = lineEnds.at(-1) ?? 0
    const isJournal = name === 'status.journal'
    for (let at = 0; at < whole.length; at++) {
      await writeFile(file, whole.subarray(0, at))
      const cut = await refusedAfterStart(directory)
      // A journal ends where a crash cut it off: what stands behind was never reported.
      const linesBefore = lineEnds.filter((end) => end < at).length
      const expected = isJournal ? ['dev_1', 'dev_2', 'dev_3'].slice(0, 1 + linesBefore) : undefined
      assert.deepEqual(cut, expected, `${name} cut at ${at}`)
      for (const bits of [0x01, 0x80]) {
        const garbled = Buffer.from(whole)
        garbled[at] = (whole[at] ?? 0) ^ bits
        await writeFile(file, garbled)
        const found = await refusedAfterStart(directory)
        looked++
        if (found === undefined) continue
        believed++
        // Only the time of the last word, which is not under the checksum, and the end of the last line.
        assert(isJournal ? at === lastLineEnd : /\d/.test(String.fromCharCode(whole[at] ?? 0)))
        assert.equal(found.includes('dev_1') && found.includes('dev_2'), true, `${name} at ${at}`)
      }
    }
    await writeFile(file, whole)
  }
  t.diagnostic(`${looked} garbled, ${believed} believed`)
})
