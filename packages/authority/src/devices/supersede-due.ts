import type { Store } from '../store/store.ts'
import { endCertificate } from './certificate-status.ts'

const maxPerRound = 200

/**
 * Supersedes the renewed certificates whose overlap with their successor is over, in rounds between
 * which other writes find their turn.
 *
 * @returns how many there were
 */
export async function supersedeDue(store: Store, now: number): Promise<number> {
  let superseded = 0
  for (;;) {
    const count = await supersedeSome(store, now)
    superseded += count
    if (count < maxPerRound) return superseded
  }
}

async function supersedeSome(store: Store, now: number): Promise<number> {
  const due = await store.read
    .selectFrom('certificates')
    .select('thumbprint')
    .where('supersede_at', '<=', now)
    .limit(maxPerRound)
    .execute()
  if (due.length === 0) return 0
  return store.write(async (tx) => {
    const certificates = await tx
      .selectFrom('certificates')
      .selectAll()
      .where('supersede_at', '<=', now)
      .limit(maxPerRound)
      .execute()
    for (const certificate of certificates) {
      await endCertificate(tx, {
        certificate,
        status: 'superseded',
        reason: 'renewed',
        actor: 'authority',
        now,
      })
    }
    return certificates.length
  })
}
