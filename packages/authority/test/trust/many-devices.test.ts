import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { verifyAudit } from '../../src/audit/audit-log.ts'
import { readAudit } from '../../src/audit/read-audit.ts'
import { appendChange, changesAfter } from '../../src/feed/append-change.ts'
import { openStore } from '../../src/store/store.ts'
import { sweepListedDevices } from '../../src/trust/sweep.ts'
import { insertDevices } from '../fixture/devices.ts'
import { storeIn } from '../fixture/store-place.ts'

/** A hundred thousand by SALLYPORT_CONFORMANCE=1. */
const devices = process.env['SALLYPORT_CONFORMANCE'] === '1' ? 100_000 : 5_000
const batch = 'b0b0'

test(`when half of ${devices} devices rest on one listed key, they are suspended within a minute, and other writes find their turn`, async (context) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-listed-'))
  const store = await openStore(storeIn(directory))
  try {
    await insertDevices(store, devices, {
      serialsOf: (index) => [
        `1000000${index.toString(16)}`,
        index % 2 === 0 ? batch : 'a11a',
        'cafe',
        'f00d',
      ],
    })
    await store.write((tx) =>
      tx
        .insertInto('status_list')
        .values({ serial: batch, status: 'REVOKED', reason: 'KEY_COMPROMISE', first_seen_at: 1 })
        .execute(),
    )
    const waits: number[] = []
    const swept = new AbortController()
    const others = (async () => {
      while (!swept.signal.aborted) {
        const startedAt = performance.now()
        const at = Date.now()
        const change = { at, kind: 'certificate', key: 'other', status: 'superseded' } as const
        await store.write((tx) => appendChange(tx, change))
        waits.push(performance.now() - startedAt)
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    })()
    const startedAt = performance.now()
    const { signal } = new AbortController()
    const policy = { everyApp: 'suspend', byApp: {} } as const
    const handled = await sweepListedDevices({ store, policy, now: Date.now, signal })
    const seconds = (performance.now() - startedAt) / 1_000
    swept.abort()
    await others

    const sorted = waits.toSorted((a, b) => a - b)
    const at = (share: number) => Math.round(sorted[Math.floor(share * sorted.length)] ?? 0)
    context.diagnostic(
      `${devices / 2} suspended in ${seconds.toFixed(1)} s; ${waits.length} other writes waited ${at(0.5)} ms in the middle, ${at(0.99)} ms at 99 %, ${at(0.9999)} ms at most`,
    )
    assert.equal(handled.suspended, devices / 2)
    assert.ok(seconds < 60, `${seconds} s`)
    assert.ok(at(0.99) < 500, `${at(0.99)} ms`)
    const suspended = await store.read
      .selectFrom('devices')
      .select('id')
      .where('status', '=', 'suspended')
      .execute()
    assert.equal(suspended.length, devices / 2)

    const changes = await changesAfter(store.read, 0, 10_000_000)
    assert.deepEqual(
      changes.map(({ seq }) => seq),
      changes.map((_, index) => index + 1),
    )
    assert.equal(changes.filter(({ kind }) => kind === 'device').length, devices / 2)
    const audit = await readAudit(store.read, 0, 10_000_000)
    assert.equal(verifyAudit(audit).count, devices / 2)
  } finally {
    await store.close()
    rmSync(directory, { recursive: true, force: true })
  }
})
