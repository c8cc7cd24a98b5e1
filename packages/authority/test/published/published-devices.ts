import type { Store } from '../../src/store/store.ts'
import type { CertificateRow } from '../../src/store/tables.ts'
import { insertDevices } from '../fixture/devices.ts'

/** Devices with a certificate each, of a CA whose certificates are published, over two shards. */
export async function insertPublishedDevices(
  store: Store,
  count: number,
  { issuerId, now }: { issuerId: string; now: number },
): Promise<{ ids: string[]; serials: string[] }> {
  const ids = await insertDevices(store, count, { serialsOf: () => [] })
  const rows = ids.map((id, index) => certificateRow(id, index, issuerId, Math.floor(now)))
  await store.write((tx) => tx.insertInto('certificates').values(rows).execute())
  return { ids, serials: rows.map(({ serial }) => serial) }
}

function certificateRow(
  deviceId: string,
  index: number,
  issuerId: string,
  now: number,
): CertificateRow {
  return {
    thumbprint: `thumbprint-${index}`,
    serial: `8${String(index).padStart(31, '0')}`,
    device_id: deviceId,
    app_id: 'wallet',
    issuer_id: issuerId,
    status: 'active',
    der: Buffer.alloc(1),
    spki_sha256: `key-${index}`,
    predecessor: null,
    successor: null,
    not_before: now,
    not_after: now + 24 * 3_600_000,
    issued_at: now,
    used_at: null,
    supersede_at: null,
    forked_at: null,
    shard: index % 2,
  }
}
