import type { Kysely } from 'kysely'
import type { Tables } from '../store/tables.ts'

/** Rows of the audit log, by chain; few enough of each for a statement. */
export type ToldRows = { chain: string; seqs: number[] }[]

const perStatement = 500

/**
 * The rows of the audit log that tell of a user: those that name them, and those about what is theirs. Where users
 * are in plain text they are named in the latter alone: the same text elsewhere is of somebody else.
 *
 * @param id `hashed:…`
 */
export async function told(
  store: Kysely<Tables>,
  { id, about }: { id: string; about: readonly string[] },
): Promise<ToldRows> {
  const found: { chain: string; seq: number }[] = await store
    .selectFrom('personal_values')
    .select(['chain', 'seq'])
    .where('kind', '=', 'user')
    .where('value', '=', id)
    .execute()
  for (let start = 0; start < about.length; start += perStatement) {
    const some = about.slice(start, start + perStatement)
    const rows = store.selectFrom('audit').select(['chain', 'seq'])
    found.push(...(await rows.where('subject', 'in', some).execute()))
    // The row of an invitation is about the token.
    const used = await store
      .selectFrom('audit')
      .innerJoin('enrollment_tokens', 'enrollment_tokens.id', 'audit.subject')
      .select(['audit.chain', 'audit.seq'])
      .where('enrollment_tokens.used_for', 'in', some)
      .where('audit.action', '=', 'enrollment-token.used')
      .execute()
    found.push(...used)
  }
  const byChain = Map.groupBy(found, ({ chain }) => chain)
  return [...byChain].flatMap(([chain, rows]) => chunks(chain, rows))
}

function chunks(chain: string, rows: readonly { seq: number }[]): ToldRows {
  const seqs = [...new Set(rows.map(({ seq }) => seq))].toSorted((a, b) => a - b)
  const parts: ToldRows = []
  for (let start = 0; start < seqs.length; start += perStatement) {
    parts.push({ chain, seqs: seqs.slice(start, start + perStatement) })
  }
  return parts
}
