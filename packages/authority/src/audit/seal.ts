import type { PersonalValueRow } from '../store/tables.ts'
import type { Json } from './canonical-json.ts'
import { commit, type Exact } from './commitment.ts'
import { Personal, type Told } from './personal.ts'

/** What of a row can hold personal values. */
export type Parts<Text, Value> = {
  actor: Text
  subject: Text
  detail: { readonly [member: string]: Value }
}
/** As it is kept, and hashed: commitments in the place of personal values. */
export type SealedParts = Parts<string, Json>
/** The place of a row in the log. */
type RowId = { chain: string; seq: number; at: number }

/** Takes the personal values out of an event: what is written into the log, and what beside it. */
export function seal(
  { actor, subject, detail }: Parts<string | Personal, Told>,
  row: RowId,
): { sealed: SealedParts; values: PersonalValueRow[] } {
  const values: PersonalValueRow[] = []
  const take = (value: Personal, place: string): string => {
    const { hash, opening } = commit(value)
    values.push({ ...row, place, kind: value.kind, ...columnsOf(opening, row.at) })
    return hash
  }
  const text = (value: string | Personal, place: string) =>
    value instanceof Personal ? sealedText(value.kind, take(value, place)) : value
  return {
    sealed: {
      actor: text(actor, '/actor'),
      subject: text(subject, '/subject'),
      detail: replaceIn(detail, '/detail', (value, place) =>
        value instanceof Personal
          ? { personal: value.kind, sha256: take(value, place) }
          : undefined,
      ) as SealedParts['detail'],
    },
    values,
  }
}

function columnsOf(
  { salt, value, exact }: { salt: string; value: string; exact: Exact | null },
  at: number,
) {
  return {
    salt,
    value,
    exact: exact?.value ?? null,
    exact_salt: exact?.salt ?? null,
    exact_hash: null,
    exact_at: exact === null ? null : at,
  }
}

/** What stands in the log for an actor or a subject. */
export function sealedText(kind: string, hash: string): string {
  return `personal:${kind}:${hash}`
}

/**
 * A value with others in the place of some within it.
 *
 * @param at JSON pointer (RFC 6901) of the value
 * @param replace gives what a value becomes, or undefined where it stays and is looked into
 */
export function replaceIn(
  value: Told,
  at: string,
  replace: (value: Told, at: string) => Json | undefined,
): Json {
  const other = replace(value, at)
  if (other !== undefined) return other
  if (Array.isArray(value)) {
    return (value as readonly Told[]).map((one, index) => replaceIn(one, `${at}/${index}`, replace))
  }
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value as { readonly [member: string]: Told })
  return Object.fromEntries(
    members.map(([name, one]) => [name, replaceIn(one, `${at}/${pointerOf(name)}`, replace)]),
  )
}

function pointerOf(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}
