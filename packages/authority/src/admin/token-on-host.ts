import type { Kysely } from 'kysely'
import { openStore, type StoreLocation } from '../store/store.ts'
import type { AdminTokenRow, Tables } from '../store/tables.ts'
import { createAdminToken, maxTokenSeconds, type TokenScope } from './admin-token.ts'
import type { Role } from './roles.ts'

export type TokenOnHost = TokenScope & {
  store: StoreLocation
  label: string
  role: Role
  /** At most `maxTokenSeconds`. */
  lifetimeSeconds?: number | undefined
  /** The account of the operating system, for the audit log. */
  by: string
  now: number
}

/**
 * Makes an admin token over the store itself, whether or not an authority runs: for when the last one has
 * ended, and for people who do not sign in. Whoever can write the store needs no other leave.
 *
 * @throws Problem `store_unavailable`
 */
export async function createTokenOnHost(
  options: TokenOnHost,
): Promise<{ id: string; expiresAt: number; token: string }> {
  const { label, role, apps, verbs, networks, by, now } = options
  const seconds = Math.min(options.lifetimeSeconds ?? maxTokenSeconds, maxTokenSeconds)
  const store = await openStore(options.store)
  const maker = { actor: `host:${by}`, madeBy: null }
  try {
    const { row, token } = await store.write((tx: Kysely<Tables>) =>
      createAdminToken(tx, {
        label,
        role,
        apps,
        verbs,
        networks,
        by: maker,
        now,
        expiresAt: now + seconds * 1_000,
      }),
    )
    return told(row, token)
  } finally {
    await store.close()
  }
}

function told({ id, expires_at: expiresAt }: AdminTokenRow, token: string) {
  return { id, expiresAt, token }
}
