import { makeCheckpoint } from './audit/checkpoint.ts'
import type { Authority } from './authority.ts'
import { supersedeDue } from './devices/supersede-due.ts'
import { retireFollowed } from './issuers/end-issuer.ts'
import { followIssuers } from './issuers/follow-issuers.ts'
import { truncateAddresses } from './privacy/truncate-addresses.ts'
import { renewTokenKeys } from './signer/jws-keys.ts'
import { forgetOld } from './store/forget-old.ts'
import { runLeased } from './work/leases.ts'
import { repeatedly } from './work/repeatedly.ts'

const supersedeEveryMs = 5_000
const upkeepEveryMs = 600_000
const checkpointEveryMs = 3_600_000

/**
 * What happens by the clock: renewed certificates end when their overlap is over, and what is kept
 * for a time only is forgotten.
 *
 * @returns what ends it
 */
export function startMaintenance(authority: Authority): () => void {
  const { store, now, log } = authority
  const ends = [
    every(supersedeEveryMs, () =>
      runLeased(authority, 'certificates.supersede', () => supersedeDue(store, now())),
    ),
    every(upkeepEveryMs, () =>
      runLeased(authority, 'store.forget', () => forgetOld(authority), upkeepEveryMs * 1.5),
    ),
    every(upkeepEveryMs, () =>
      runLeased(
        authority,
        'privacy.addresses',
        (signal) => truncateAddresses(authority, signal),
        upkeepEveryMs * 1.5,
      ),
    ),
    every(checkpointEveryMs, () =>
      runLeased(
        authority,
        'audit.checkpoint',
        () => makeCheckpoint(authority),
        checkpointEveryMs * 1.5,
      ),
    ),
    every(upkeepEveryMs, () =>
      runLeased(authority, 'issuers.retire', () => retireFollowed(authority)),
    ),
    // Each authority looks for itself: it also takes up the keys that others made.
    every(upkeepEveryMs, () => renewTokenKeys(authority.tokenKeys, authority.config)),
    every(upkeepEveryMs, () => authority.feedSigner.renew()),
    every(upkeepEveryMs, () => authority.checkpointKeys.renew()),
  ]
  function every(milliseconds: number, work: () => Promise<unknown>): () => void {
    return repeatedly(milliseconds, work, (error) =>
      log.error({ err: error }, 'maintenance failed: it is tried again'),
    )
  }
  const endFollowing = followIssuers(authority)
  return () => {
    for (const end of ends) end()
    endFollowing()
  }
}
