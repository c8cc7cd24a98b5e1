import type { Kysely } from 'kysely'
import type { Authority } from '../authority.ts'
import type { AuditCheckpointRow, Tables } from '../store/tables.ts'

/** The end of a chain: its name, the number of its last row, and that row's hash. */
export type ChainHead = { name: string; seq: number; hash: string }

/**
 * The ends of all chains at a time, signed: whoever changes or takes away rows from before it later would
 * need the key as well.
 */
export type Checkpoint = {
  readonly seq: number
  /** Milliseconds since 1970. */
  readonly at: number
  readonly heads: ChainHead[]
  /** JWS, compact, over `{at, heads}`. */
  readonly jws: string
}

/** The ends of all chains that have rows, by name. */
export async function chainHeads(store: Kysely<Tables>): Promise<ChainHead[]> {
  const rows = await store
    .selectFrom('heads')
    .selectAll()
    .where('name', 'like', 'audit:%')
    .where('seq', '>', 0)
    .orderBy('name')
    .execute()
  return rows.map(({ name, seq, hash }) => ({ name: name.slice('audit:'.length), seq, hash }))
}

/** The end of a chain; undefined where it has no rows. */
export async function chainHead(
  store: Kysely<Tables>,
  chain: string,
): Promise<ChainHead | undefined> {
  const row = await store
    .selectFrom('heads')
    .select(['seq', 'hash'])
    .where('name', '=', `audit:${chain}`)
    .where('seq', '>', 0)
    .executeTakeFirst()
  return row === undefined ? undefined : { name: chain, ...row }
}

/**
 * Signs the ends of all chains, where one has moved since the last time.
 *
 * @returns whether there was something to sign
 */
export async function makeCheckpoint(
  authority: Pick<Authority, 'store' | 'signer' | 'checkpointKeys' | 'now'>,
): Promise<boolean> {
  const { store, signer, checkpointKeys, now } = authority
  const heads = await chainHeads(store.read)
  const last = await lastCheckpoint(store.read)
  if (heads.length === 0 || JSON.stringify(heads) === last?.heads) return false
  const at = now()
  const { keyName } = checkpointKeys.signing()
  const { jws } = await signer.checkpoint({ keyName, at, heads })
  await store.write(async (tx) => {
    const seq = ((await lastCheckpoint(tx))?.seq ?? 0) + 1
    await tx
      .insertInto('audit_checkpoints')
      .values({ seq, at, heads: JSON.stringify(heads), jws })
      .execute()
  })
  return true
}

function lastCheckpoint(store: Kysely<Tables>): Promise<AuditCheckpointRow | undefined> {
  return store
    .selectFrom('audit_checkpoints')
    .selectAll()
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst()
}

/** Checkpoints after a number, oldest first. */
export async function readCheckpoints(
  store: Kysely<Tables>,
  after: number,
  limit: number,
): Promise<Checkpoint[]> {
  const rows = await store
    .selectFrom('audit_checkpoints')
    .selectAll()
    .where('seq', '>', after)
    .orderBy('seq')
    .limit(limit)
    .execute()
  return rows.map((row) => ({ ...row, heads: JSON.parse(row.heads) as ChainHead[] }))
}
