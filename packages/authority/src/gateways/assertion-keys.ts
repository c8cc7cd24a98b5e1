import { createPublicKey } from 'node:crypto'
import { formatGatewayUri } from '@sallyport/pki'
import { Problem } from '@sallyport/problem'
import type { GatewayAssertionKey, ReportedAssertionKey } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import { publicTokenKey } from '../signer/public-jwk.ts'
import type { Tables } from '../store/tables.ts'

/** A key as it was reported. Processes of one name may have different ones for a while: each tells its own. */
export type KeptAssertionKey = ReportedAssertionKey & {
  readonly instance: string
  /** Milliseconds: when it was told last. */
  readonly at: number
}

/** Each process tells its keys every minute: those of one that is over are forgotten after ten. */
const otherInstancesMs = 600_000
const maxKept = 64

/**
 * Keeps the keys that a process of a gateway told of in the place of those that it told of before.
 *
 * @throws Problem `message_malformed` where one is no point of P-256
 */
export async function keepAssertionKeys(
  store: Kysely<Tables>,
  gateway: { readonly name: string; readonly instance: string; readonly now: number },
  reported: readonly ReportedAssertionKey[],
): Promise<void> {
  const { name, instance, now } = gateway
  for (const key of reported) publicKeyOf(key)
  const row = await store
    .selectFrom('gateways')
    .select('assertion_keys')
    .where('name', '=', name)
    .executeTakeFirst()
  const others = keptIn(row?.assertion_keys ?? null).filter(
    (key) => key.instance !== instance && Math.abs(now - key.at) < otherInstancesMs,
  )
  const told = reported.map(({ x, y }): KeptAssertionKey => ({ x, y, instance, at: now }))
  await store
    .updateTable('gateways')
    .set({ assertion_keys: JSON.stringify([...told, ...others].slice(0, maxKept)) })
    .where('name', '=', name)
    .execute()
}

/** The keys of gateways that are not revoked, each once, in the order of names and keys. */
export async function activeAssertionKeys(
  store: Kysely<Tables>,
  trustDomain: string,
): Promise<GatewayAssertionKey[]> {
  const rows = await store
    .selectFrom('gateways')
    .select(['name', 'assertion_keys'])
    .where('status', '=', 'active')
    .where('assertion_keys', 'is not', null)
    .orderBy('name')
    .execute()
  return rows.flatMap(({ name, assertion_keys: text }) => {
    const iss = formatGatewayUri({ trustDomain, name })
    const keys = keptIn(text).map((key) => ({ ...publicTokenKey(publicKeyOf(key)), iss }))
    const byKid = new Map(keys.map((key) => [key.kid, key]))
    return [...byKid.values()].toSorted((one, other) => (one.kid < other.kid ? -1 : 1))
  })
}

function keptIn(text: string | null): KeptAssertionKey[] {
  return text === null ? [] : (JSON.parse(text) as KeptAssertionKey[])
}

/** OpenSSL refuses a point that is not on the curve: services would fail over it. */
function publicKeyOf({ x, y }: ReportedAssertionKey) {
  try {
    const key = { kty: 'EC', crv: 'P-256', x, y }
    return { publicKey: createPublicKey({ key, format: 'jwk' }) }
  } catch (cause) {
    throw new Problem('message_malformed', { detail: 'assertionKeys: not a key of P-256', cause })
  }
}
