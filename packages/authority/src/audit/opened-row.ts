import type { PersonalValueRow } from '../store/tables.ts'
import type { Json } from './canonical-json.ts'
import { type Opening, opens } from './commitment.ts'
import { type PersonalKind, personalKinds } from './personal.ts'
import { type Parts, replaceIn, type SealedParts, sealedText } from './seal.ts'

/** Stands where a value was that was forgotten. */
export type Forgotten = { readonly forgotten: true }

/** A personal value of a row: where it stands, and what proves that it is what was written. */
export type PersonalPlace = {
  /** JSON pointer (RFC 6901) into the row: `/actor`, `/detail/subject`. */
  readonly at: string
  readonly kind: PersonalKind
  /** What the row holds in its place, and its hash covers; see `commitment.ts`. */
  readonly commitment: string
  /** Absent where the value was forgotten. */
  readonly salt?: string
  /** Of a whole address: its network, and its own salt. */
  readonly network?: string
  readonly exactSalt?: string
  /** Of an address of which the network is left. */
  readonly exactHash?: string
}

/** As it is read: values, where they still are. */
export type OpenedParts = Parts<string | Forgotten, Json> & {
  /** Absent where there are none. */
  personal?: PersonalPlace[]
}

const forgotten: Forgotten = { forgotten: true }
const sealedForm = new RegExp(`^personal:(${personalKinds.join('|')}):([A-Za-z0-9_-]{43})$`)

/** Puts values where a row has commitments to them, and says how each is proven. */
export function openRow(sealed: SealedParts, values: readonly PersonalValueRow[]): OpenedParts {
  const personal: PersonalPlace[] = []
  const put = (kind: PersonalKind, commitment: string, at: string) => {
    const row = values.find(({ place }) => place === at)
    personal.push({ at, kind, commitment, ...(row === undefined ? {} : proofOf(row)) })
    return row === undefined ? forgotten : (row.exact ?? row.value)
  }
  const text = (value: string, at: string) => {
    const [, kind, commitment] = sealedForm.exec(value) ?? []
    return commitment === undefined ? value : put(kind as PersonalKind, commitment, at)
  }
  const opened = {
    actor: text(sealed.actor, '/actor'),
    subject: text(sealed.subject, '/subject'),
    detail: replaceIn(sealed.detail, '/detail', (value, at) =>
      isSealed(value) ? put(value.personal, value.sha256, at) : undefined,
    ) as OpenedParts['detail'],
  }
  return personal.length === 0 ? opened : { ...opened, personal }
}

function isSealed(value: unknown): value is { personal: PersonalKind; sha256: string } {
  if (typeof value !== 'object' || value === null) return false
  if (!('personal' in value && 'sha256' in value)) return false
  return personalKinds.some((kind) => kind === value.personal) && typeof value.sha256 === 'string'
}

function proofOf(row: PersonalValueRow): Partial<PersonalPlace> {
  const { salt, value, exact, exact_salt, exact_hash } = row
  if (exact !== null && exact_salt !== null) return { salt, network: value, exactSalt: exact_salt }
  return exact_hash === null ? { salt } : { salt, exactHash: exact_hash }
}

/**
 * The row as it is kept, of one as it is read; undefined where a value that it shows is not the one that
 * was committed to.
 */
export function sealAgain({ personal = [], ...row }: OpenedParts): SealedParts | undefined {
  const places = new Map(personal.map((place) => [place.at, place]))
  let isTrue = true
  const check = (value: unknown, place: PersonalPlace) => {
    isTrue &&= isForgotten(value) || isProven(value, place)
  }
  const text = (value: string | Forgotten, at: string) => {
    const place = places.get(at)
    if (place === undefined) return value
    check(value, place)
    return sealedText(place.kind, place.commitment)
  }
  const detail = replaceIn(row.detail, '/detail', (value, at) => {
    const place = places.get(at)
    if (place === undefined) return undefined
    check(value, place)
    return { personal: place.kind, sha256: place.commitment }
  })
  const [actor, subject] = [text(row.actor, '/actor'), text(row.subject, '/subject')]
  if (!isTrue || typeof actor !== 'string' || typeof subject !== 'string') return undefined
  return { actor, subject, detail: detail as SealedParts['detail'] }
}

/** Whether this stands in the place of a value that was forgotten. */
export function isForgotten(value: unknown): value is Forgotten {
  return typeof value === 'object' && value !== null && 'forgotten' in value
}

function isProven(value: unknown, { kind, commitment, ...proof }: PersonalPlace): boolean {
  if (typeof value !== 'string' || proof.salt === undefined) return false
  return opens(commitment, kind, openingOf(value, { ...proof, salt: proof.salt }))
}

function openingOf(
  value: string,
  { salt, network, exactSalt, exactHash }: Partial<PersonalPlace> & { salt: string },
): Opening {
  if (network !== undefined && exactSalt !== undefined) {
    return { salt, value: network, exact: { salt: exactSalt, value } }
  }
  return { salt, value, exact: exactHash === undefined ? null : { hash: exactHash } }
}
