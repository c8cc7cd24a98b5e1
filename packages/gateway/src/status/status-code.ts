import { createHash } from 'node:crypto'
import type { ReasonCode } from '@sallyport/problem'
import { changeKinds, type StatusKind } from '@sallyport/wire'
import { type KeyForm, packKey } from '@sallyport/wire/status'
import { endedUntilCode } from './ended-until.ts'

/**
 * What the table holds for a key, 32 bits. 0 is an empty slot, 1 a key that was withdrawn from the list;
 * a negative one says until when tokens have ended (`endedUntilCode`).
 */
export type StatusCode = number

/** Kinds whose status does not need a time beside it. */
type PlainKind = Exclude<StatusKind, 'subject' | 'deviceTokens'>
type StatusRow = { readonly code: StatusCode; readonly reason: ReasonCode }

/**
 * The statuses that refuse, by kind. A status that this version does not know refuses as the last
 * row of its kind does: closed, never ignored.
 */
const statuses: Readonly<Record<PlainKind, Readonly<Record<string, StatusRow>>>> = {
  device: {
    suspended: { code: 2, reason: 'device_suspended' },
    superseded: { code: 3, reason: 'device_superseded' },
    revoked: { code: 4, reason: 'device_revoked' },
  },
  certificate: {
    superseded: { code: 5, reason: 'device_certificate_superseded' },
    revoked: { code: 6, reason: 'device_certificate_revoked' },
  },
  issuer: { withdrawn: { code: 7, reason: 'device_certificate_untrusted' } },
  token: { ended: { code: 8, reason: 'token_ended' } },
  session: { ended: { code: 9, reason: 'token_session_ended' } },
}

export const emptySlot = 0
export const activeStatus: StatusCode = 1
/** Of a certificate that is known to have been issued, and has not ended. */
export const issuedStatus: StatusCode = 10

/** A status that refuses, and what it is the status of. */
export type RefusingStatus = {
  readonly kind: StatusKind
  readonly status: string
  readonly reason: ReasonCode
}

const refusingByCode: readonly (RefusingStatus | undefined)[] = refusingInOrder()

/**
 * The number that stands for a status in the table.
 *
 * @param issuedUntil of subjects and tokens of a device: until when what was issued has ended
 */
export function statusCode(kind: StatusKind, status: string, issuedUntil?: number): StatusCode {
  if (status === 'active') return activeStatus
  if (status === 'issued' && kind === 'certificate') return issuedStatus
  if (kind === 'subject' || kind === 'deviceTokens') {
    return endedUntilCode(status === 'ended' ? issuedUntil : undefined)
  }
  const rows = statuses[kind]
  const row = Object.hasOwn(rows, status) ? rows[status] : Object.values(rows).at(-1)
  return row?.code ?? activeStatus
}

/** What a number of the table stands for where a key of it is refused; undefined where it is not. */
export function refusingStatus(code: StatusCode): RefusingStatus | undefined {
  return refusingByCode[code]
}

/** How many 32-bit words a key takes in the table. */
export const keyWords = 4

/**
 * The key of the table, 128 bits. Of a hash, and of the id of a device, which are random, the first of their
 * own, and the kind in the first word; of any other text those of SHA-256 over kind and key. A match by accident,
 * or by a forger who chooses ids, would at worst refuse; there is no input that hides a listed key, and none
 * but a second preimage of 128 bits that passes for an issued one.
 */
export function statusKey(kind: StatusKind, key: string): Int32Array {
  const { form, bytes } = packKey(key)
  return packedStatusKey(kind, form, bytes, 0, bytes.length, new Int32Array(keyWords))
}

/** As `statusKey`, of a key that is packed: `width` bytes at `at`. @returns `into` */
export function packedStatusKey(
  kind: StatusKind,
  form: KeyForm,
  keys: Uint8Array,
  at: number,
  width: number,
  into: Int32Array,
): Int32Array {
  let bytes = keys
  let from = at
  if (form === 'text') {
    bytes = createHash('sha256')
      .update(`${kind}\0`)
      .update(keys.subarray(at, at + width))
      .digest()
    from = 0
  }
  for (let index = 0; index < keyWords; index++) {
    const start = from + index * 4
    into[index] =
      (bytes[start] ?? 0) |
      ((bytes[start + 1] ?? 0) << 8) |
      ((bytes[start + 2] ?? 0) << 16) |
      ((bytes[start + 3] ?? 0) << 24)
  }
  into[0] = (into[0] ?? 0) ^ kindWords[kind]
  return into
}

/** Odd multiples of 2³² divided by the golden ratio: far apart in every bit. */
const kindWords = Object.fromEntries(
  changeKinds.map((kind, index) => [kind, Math.imul(index + 1, 0x9e3779b9)]),
) as Readonly<Record<StatusKind, number>>

function refusingInOrder(): (RefusingStatus | undefined)[] {
  const list: (RefusingStatus | undefined)[] = []
  for (const kind of changeKinds) {
    if (!Object.hasOwn(statuses, kind)) continue
    const rows = statuses[kind as PlainKind]
    for (const [status, row] of Object.entries(rows)) {
      list[row.code] = { kind: kind as PlainKind, status, reason: row.reason }
    }
  }
  return list
}
