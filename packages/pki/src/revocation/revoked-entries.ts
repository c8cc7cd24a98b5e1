import { type DerCursor, readDer } from '../der/der-cursor.ts'
import { DerError } from '../der/der-error.ts'
import { maxTimeBytes, timeOf, writeTime } from '../der/der-time.ts'
import { integerBytesOf, octetsOf } from '../der/der-value.ts'
import { tags } from '../der/tag.ts'
import { readExtensions } from '../certificate-extensions.ts'
import { oids } from '../oids.ts'
import {
  type RevocationReason,
  revocationReasonOf,
  revocationReasons,
} from './revocation-reason.ts'

/** One certificate on a list. */
export type RevokedCertificate = {
  /** Lower-case hex without leading zeros, at most 20 bytes. */
  readonly serial: string
  /** Milliseconds, written to the second. */
  readonly revokedAt: number
  /** Undefined: unspecified. */
  readonly reason?: RevocationReason | undefined
}

const serialForm = /^(?!0.)[0-9a-f]{1,40}$/
/** Header, serial number, time and reason. */
const maxEntryBytes = 2 + 23 + maxTimeBytes + 14

/** Extensions: SEQUENCE of one, reasonCode, whose last byte is the number. */
const reasonExtension = Buffer.from('300c300a0603551d1504030a0100', 'hex')

/**
 * `revokedCertificates` (RFC 5280 §5.1.2.6) without its header, as `buildCertificateList` takes it:
 * what was encoded in portions is put together by concatenation. TypeError where a serial number is none.
 */
export function encodeRevoked(certificates: readonly RevokedCertificate[]): Buffer {
  const bytes = Buffer.allocUnsafe(certificates.length * maxEntryBytes)
  let at = 0
  for (const certificate of certificates) at = writeEntry(bytes, at, certificate)
  return bytes.subarray(0, at)
}

function writeEntry(
  bytes: Buffer,
  start: number,
  { serial, revokedAt, reason }: RevokedCertificate,
): number {
  if (!serialForm.test(serial)) throw new TypeError(`not a serial number: ${serial}`)
  const digits = serial.length % 2 === 0 ? serial : `0${serial}`
  let at = start + 4
  // A leading zero keeps a number positive whose first bit is set.
  if (digits >= '8') bytes[at++] = 0
  at += bytes.write(digits, at, 'hex')
  bytes[start + 2] = tags.integer >> 3
  bytes[start + 3] = at - start - 4
  at = writeTime(bytes, at, revokedAt)
  if (reason !== undefined) {
    at += reasonExtension.copy(bytes, at)
    bytes[at - 1] = revocationReasons[reason]
  }
  bytes[start] = 0x30
  bytes[start + 1] = at - start - 2
  return at
}

/**
 * Reads them one after another, so that a long list can be read in portions. Throws DerError for what
 * is no entry of a complete list of one issuer: a negative or too long serial number, an indirect
 * entry, a critical extension that is not known.
 */
export function* readRevoked(entries: Uint8Array): Generator<RevokedCertificate> {
  for (const list = readDer(entries); !list.isDone; ) yield readEntry(list)
}

function readEntry(list: DerCursor): RevokedCertificate {
  const entry = list.enter('revokedCertificate')
  const serial = readSerialNumber(entry)
  const revokedAt = timeOf(entry.next(undefined, 'revocationDate'), 'revocationDate')
  const reason = entry.isDone ? undefined : readEntryExtensions(entry)
  entry.end('revokedCertificate')
  return { serial, revokedAt, ...(reason === undefined ? {} : { reason }) }
}

/** A serial number as we write it: hex without leading zeros, positive, at most 20 bytes. */
export function readSerialNumber(cursor: DerCursor): string {
  const element = cursor.next(tags.integer, 'serialNumber')
  const bytes = integerBytesOf(element, 'serialNumber')
  const serial = bytes.toString('hex').replace(/^0+(?=.)/, '')
  // 20 octets, and the one that keeps them positive: some CAs fill all 160 bits.
  if (bytes.readUInt8(0) >= 0x80 || serial.length > 40) {
    throw new DerError('serialNumber: negative, or over 20 bytes', element.offset)
  }
  return serial
}

/** RFC 5280 §5.3: of a critical extension that is not known, the list must not be used. */
function readEntryExtensions(entry: DerCursor): RevocationReason | undefined {
  const { offset } = entry
  const extensions = readExtensions(entry.enter('crlEntryExtensions'))
  for (const [oid, { critical }] of extensions) {
    if (critical && oid !== oids.reasonCode) {
      throw new DerError(`critical extension ${oid} of an entry`, offset)
    }
  }
  const reason = extensions.get(oids.reasonCode)
  return reason === undefined ? undefined : readReason(reason.value)
}

function readReason(value: Buffer): RevocationReason | undefined {
  const outer = readDer(value)
  const element = outer.next(tags.enumerated, 'reasonCode')
  outer.end('reasonCode')
  const [number, ...more] = octetsOf(element, 'reasonCode')
  const reason = number === undefined ? undefined : revocationReasonOf(number)
  if (more.length > 0 || (reason === undefined && number !== 0)) {
    throw new DerError('reasonCode: not one of a complete list', element.offset)
  }
  return reason
}
