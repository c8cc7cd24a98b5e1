import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changeDeviceStatus } from '../../src/devices/device-status.ts'
import { assemble } from './assembled.ts'
import { insertRevoked } from './many-revoked.ts'
import { insertPublishedDevices } from './published-devices.ts'

const each = 60

test('a revocation costs the same with 1,000 and with 100,000 revoked before it', async (t) => {
  const { authority, issuers, round, close } = await assemble()
  const { store } = authority
  await round()
  const { issuer } = await issuers()
  const now = Math.floor(authority.now())
  const { ids } = await insertPublishedDevices(store, 3 * each, { issuerId: issuer.id, now })
  const insert = (count: number) =>
    insertRevoked(store, issuer.id, { count, shards: 2, notAfter: now + 86_400_000 })
  /** Milliseconds of this thread, which does the work of SQLite as well, for one revocation, in the median. */
  const medianMs = async (some: readonly string[]) => {
    const spent: number[] = []
    for (const deviceId of some) {
      const before = process.threadCpuUsage()
      const change = { deviceId, status: 'revoked', reason: undefined, actor: 'test', now } as const
      await store.write((tx) => changeDeviceStatus(tx, change))
      const { user, system } = process.threadCpuUsage(before)
      spent.push((user + system) / 1_000)
    }
    return spent.toSorted((a, b) => a - b)[some.length >> 1] ?? 0
  }
  await insert(1_000)
  // The first ones compile what the others use.
  await medianMs(ids.slice(0, each))
  const few = await medianMs(ids.slice(each, 2 * each))
  await insert(99_000)
  const many = await medianMs(ids.slice(2 * each))
  t.diagnostic(`with 1,000: ${few.toFixed(2)} ms, with 100,000: ${many.toFixed(2)} ms`)
  assert.ok(many < 2 * few + 0.5, `${few} ms, then ${many} ms`)
  await close()
})
