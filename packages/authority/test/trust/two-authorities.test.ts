import assert from 'node:assert/strict'
import { test } from 'node:test'
import pino from 'pino'
import { verifyAudit } from '../../src/audit/audit-log.ts'
import { startAuthority } from '../../src/start-authority.ts'
import { openStore } from '../../src/store/store.ts'
import { passphrase } from '../fixture/deployment.ts'
import { insertDevices } from '../fixture/devices.ts'
import { httpCall } from '../fixture/http-call.ts'
import { listOf, publish, strangers } from '../fixture/publisher.ts'
import { deployWatched, refresh, until, type Watched } from '../fixture/watched.ts'
import { storeIn } from '../fixture/store-place.ts'

const devices = 2_000

test('two authorities over one store suspend each device once', async () => {
  const one = await deployWatched()
  const second = await startAuthority(one.config, {
    log: pino({ level: 'silent' }),
    directory: one.directory,
    version: '0.0.0-test',
    environment: { SALLYPORT_PASSPHRASE: passphrase },
  })
  const store = await openStore(storeIn(one.directory))
  try {
    await insertDevices(store, devices, { serialsOf: () => ['b0b0', 'cafe'] })
    one.publisher.answer('/status', publish(listOf(...strangers(4), 'b0b0')))
    const authorization = `Bearer ${one.adminToken}`
    const two: Pick<Watched, 'admin'> = {
      admin: (at, call = {}) =>
        httpCall(second.addresses.admin + at, {
          ca: one.caPem,
          headers: { authorization },
          ...call,
        }),
    }
    await Promise.all([refresh(one), refresh(two)])
    await until(async () => (await suspendedIn(store)) === devices)
    const { rows } = (await one.admin('/admin/v1/audit?limit=1000')).body
    assert.equal(verifyAudit(rows).count, rows.length)
    const suspensions = await store.read
      .selectFrom('audit')
      .select('subject')
      .where('action', '=', 'device.suspended')
      .execute()
    assert.equal(suspensions.length, devices)
    assert.equal(new Set(suspensions.map(({ subject }) => subject)).size, devices)
  } finally {
    await store.close()
    await second.close()
    await one.close()
  }
})

async function suspendedIn({ read }: Awaited<ReturnType<typeof openStore>>): Promise<number> {
  const rows = await read
    .selectFrom('devices')
    .select('id')
    .where('status', '=', 'suspended')
    .execute()
  return rows.length
}
