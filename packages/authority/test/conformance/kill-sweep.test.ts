import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { verifyAudit } from '../../src/audit/audit-log.ts'
import { readAudit } from '../../src/audit/read-audit.ts'
import { changesAfter } from '../../src/feed/append-change.ts'
import type { Store } from '../../src/store/store.ts'
import { recordStatusList } from '../../src/trust/listed-serials.ts'
import { insertDevices } from '../fixture/devices.ts'
import { layOut } from '../fixture/deployment.ts'
import { withStore } from '../fixture/store-place.ts'

const isWhole = process.env['SALLYPORT_CONFORMANCE'] === '1'
const devices = isWhole ? 60_000 : 8_000
/** After which part of a start the authority is killed, in milliseconds. */
const killAfterMs = isWhole ? [0, 5, 20, 50, 100, 200, 400, 800, 50, 100] : [0, 10, 40, 80]

test(`killed again and again in the middle of suspending ${devices / 2} devices, an authority suspends each once`, async (context) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-kill-sweep-'))
  try {
    await layOut({ directory })
    await withStore(directory, async (store) => {
      await insertDevices(store, devices, {
        serialsOf: (index) => [index % 2 === 0 ? 'b0b0' : 'a11a', 'cafe'],
      })
      await recordStatusList(store, listNaming('b0b0'), Date.now)
    })
    const progress: number[] = []
    const killAfter = async (milliseconds: number) => {
      await runAndKill(directory, milliseconds)
      progress.push(await withStore(directory, suspendedIn))
    }
    for (const milliseconds of killAfterMs) await killAfter(milliseconds)
    // Where the machine or the store is slower, the work begins later.
    for (let later = 120; progress.at(-1) === 0 && later < 20_000; later *= 1.25) {
      await killAfter(later)
    }
    await runUntil(directory, async () => (await withStore(directory, suspendedIn)) === devices / 2)
    context.diagnostic(`suspended after each kill: ${progress.join(', ')}`)
    assert.ok(
      progress.some((count) => count > 0 && count < devices / 2),
      'no kill fell into the work',
    )
    await withStore(directory, verify)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
})

function listNaming(serial: string) {
  const copy = {
    bytes: Buffer.alloc(0),
    sha256: '0'.repeat(64),
    fetchedAt: Date.now(),
    source: 'fetch',
    url: undefined,
    etag: undefined,
    lastModified: undefined,
  } as const
  return { copy, value: new Map([[serial, { status: 'REVOKED', reason: undefined }]]) }
}

async function verify(store: Store): Promise<void> {
  const numbers = (await changesAfter(store.read, 0, 1_000_000)).map(({ seq }) => seq)
  assert.deepEqual(
    numbers,
    numbers.map((_, index) => index + 1),
  )
  const audit = await readAudit(store.read, 0, 1_000_000)
  assert.equal(verifyAudit(audit).count, audit.length)
  const suspensions = audit.filter(({ action }) => action === 'device.suspended')
  assert.equal(suspensions.length, devices / 2)
  assert.equal(new Set(suspensions.map(({ subject }) => subject)).size, devices / 2)
  const waiting = await store.read
    .selectFrom('attestation_serials')
    .select('device_id')
    .where('serial', '=', 'b0b0')
    .where('handled_at', 'is', null)
    .execute()
  assert.deepEqual(waiting, [])
}

async function suspendedIn(store: Store): Promise<number> {
  const rows = await store.read
    .selectFrom('devices')
    .select('id')
    .where('status', '=', 'suspended')
    .execute()
  return rows.length
}

function start(directory: string) {
  const file = path.join(import.meta.dirname, 'authority-process.js')
  const child = fork(file, [directory], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  return { child, ended: once(child, 'exit'), listening: once(child, 'message') }
}

async function runAndKill(directory: string, milliseconds: number): Promise<void> {
  const { child, ended, listening } = start(directory)
  await Promise.race([listening, ended])
  await pause(milliseconds)
  child.kill('SIGKILL')
  await ended
}

async function runUntil(directory: string, holds: () => Promise<boolean>): Promise<void> {
  const { child, ended } = start(directory)
  try {
    for (let round = 0; round < 300 && !(await holds()); round++) await pause(100)
    assert.ok(await holds(), 'it never went on')
  } finally {
    child.kill('SIGKILL')
    await ended
  }
}
