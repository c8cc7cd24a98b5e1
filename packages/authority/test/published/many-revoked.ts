import { randomBytes } from 'node:crypto'
import type { Store } from '../../src/store/store.ts'

const perWrite = 2_000

/** Rows of certificates of a CA that were revoked, spread over its shards: many of them in no time. */
export async function insertRevoked(
  store: Store,
  issuerId: string,
  { count, shards, notAfter }: { count: number; shards: number; notAfter: number },
): Promise<void> {
  for (let start = 0; start < count; start += perWrite) {
    const some = Array.from({ length: Math.min(perWrite, count - start) }, (_, index) => ({
      // Positive and without a leading zero, as those of certificates are read.
      serial: `7${randomBytes(16).toString('hex').slice(1)}`,
      issuer_id: issuerId,
      shard: (start + index) % shards,
      not_after: notAfter,
      revoked_at: notAfter - 86_400_000,
      reason: 'superseded' as const,
    }))
    await store.write(async (tx) => {
      await tx.insertInto('revocations').values(some).execute()
      await tx
        .updateTable('revocation_scopes')
        .set((row) => ({ changes: row('changes', '+', 1) }))
        .where('issuer_id', '=', issuerId)
        .execute()
    })
  }
}
