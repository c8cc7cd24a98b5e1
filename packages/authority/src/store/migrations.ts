import { Problem } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import { Migrator } from 'kysely/migration'
import { up as initial } from './migrations/001-initial.ts'
import { up as forkedAt } from './migrations/002-forked-at.ts'
import { up as attestation } from './migrations/003-attestation.ts'
import { up as appAttestReceipts } from './migrations/004-app-attest-receipts.ts'
import { up as invalidations } from './migrations/005-invalidations.ts'
import { up as shadow } from './migrations/006-shadow.ts'
import { up as gatewayBlocks } from './migrations/007-gateway-blocks.ts'
import { up as issuerLanes } from './migrations/008-issuer-lanes.ts'
import { up as publishedStatus } from './migrations/009-published-status.ts'
import { up as protocols } from './migrations/010-protocols.ts'
import { up as signedFeed } from './migrations/011-signed-feed.ts'
import type { Tables } from './tables.ts'

/** In order. A migration that was released is never changed: what it got wrong, the next one mends. */
const migrations = {
  '001-initial': { up: initial },
  '002-forked-at': { up: forkedAt },
  '003-attestation': { up: attestation },
  '004-app-attest-receipts': { up: appAttestReceipts },
  '005-invalidations': { up: invalidations },
  '006-shadow': { up: shadow },
  '007-gateway-blocks': { up: gatewayBlocks },
  '008-issuer-lanes': { up: issuerLanes },
  '009-published-status': { up: publishedStatus },
  '010-protocols': { up: protocols },
  '011-signed-feed': { up: signedFeed },
}

/**
 * Brings the tables to this version.
 *
 * @throws Problem `store_unavailable` where the store is of a newer version, or cannot be written
 */
export async function migrateStore(store: Kysely<Tables>): Promise<void> {
  const migrator = new Migrator({
    db: store,
    provider: { getMigrations: () => Promise.resolve(migrations) },
  })
  const { error } = await migrator.migrateToLatest()
  if (error !== undefined) {
    const said = error instanceof Error ? error.message : 'no reason given'
    throw new Problem('store_unavailable', {
      detail: `The tables of the store could not be brought to this version: ${said}`,
      cause: error,
    })
  }
}
