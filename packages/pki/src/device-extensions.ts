import { type Platform, platforms } from '@sallyport/wire'
import { type DerCursor, readDer } from './der/der-cursor.ts'
import { DerError } from './der/der-error.ts'
import { derGeneralizedTime, timeOf } from './der/der-time.ts'
import { octetsOf, smallIntegerOf, utf8Of } from './der/der-value.ts'
import { derContext, derInteger, derOctetString, derSequence, derUtf8 } from './der/der-writer.ts'
import { contextConstructed, tags } from './der/tag.ts'

/** What a gateway without a store needs to know of a device. */
export type DeviceFacts = {
  platform: Platform
  /** As it was at the last enrolment or renewal. */
  appVersion: string
  osPatchLevel?: string
  /** When evidence was last appraised: milliseconds, written to the second. */
  appraisedAt: number
  /** When the device enrolled: milliseconds, written to the second. Renewals keep it. */
  enrolledAt?: number
}

/**
 * What a text of the facts is made of, and how long it is. Gateways write it into header fields:
 * nothing in it may need quoting there.
 */
const textForm = /^[0-9A-Za-z.+_-]{1,40}$/

/**
 * ```
 * DeviceFacts ::= SEQUENCE {
 *   version       INTEGER (1),
 *   platform      UTF8String,
 *   appVersion    UTF8String,
 *   osPatchLevel  [0] EXPLICIT UTF8String OPTIONAL,
 *   appraisedAt   GeneralizedTime,
 *   enrolledAt    [1] EXPLICIT GeneralizedTime OPTIONAL }
 * ```
 */
export function encodeFacts(facts: DeviceFacts): Buffer {
  const { platform, appVersion, osPatchLevel, appraisedAt, enrolledAt } = facts
  if (![appVersion, osPatchLevel ?? '0'].every((text) => textForm.test(text))) {
    throw new TypeError(`a fact is a text of the form ${textForm.source}`)
  }
  return derSequence(
    derInteger(1),
    derUtf8(platform),
    derUtf8(appVersion),
    ...(osPatchLevel === undefined ? [] : [derContext(0, derUtf8(osPatchLevel))]),
    derGeneralizedTime(appraisedAt),
    ...(enrolledAt === undefined ? [] : [derContext(1, derGeneralizedTime(enrolledAt))]),
  )
}

/** Throws DerError. */
export function decodeFacts(value: Uint8Array): DeviceFacts {
  const outer = readDer(value)
  const fields = outer.enter('facts')
  outer.end('facts')
  const version = fields.next(tags.integer, 'facts version')
  if (smallIntegerOf(version, 255) !== 1) {
    throw new DerError('facts: expected version 1', version.offset)
  }
  const platformElement = fields.next(tags.utf8String, 'platform')
  const platformText = utf8Of(platformElement)
  const platform = platforms.find((known) => known === platformText)
  if (platform === undefined) throw new DerError('facts: unknown platform', platformElement.offset)
  const appVersion = textOf(fields, 'appVersion')
  const osPatchLevel = readPatchLevel(fields)
  const appraisedAt = timeOf(fields.next(tags.generalizedTime, 'appraisedAt'), 'appraisedAt')
  const enrolledAt = readEnrolledAt(fields)
  fields.end('facts')
  return {
    platform,
    appVersion,
    ...(osPatchLevel === undefined ? {} : { osPatchLevel }),
    appraisedAt,
    ...(enrolledAt === undefined ? {} : { enrolledAt }),
  }
}

function readPatchLevel(fields: DerCursor): string | undefined {
  if (fields.peek() !== contextConstructed(0)) return undefined
  const wrapper = fields.enter('osPatchLevel', contextConstructed(0))
  const text = textOf(wrapper, 'osPatchLevel')
  wrapper.end('osPatchLevel')
  return text
}

function readEnrolledAt(fields: DerCursor): number | undefined {
  if (fields.isDone || fields.peek() !== contextConstructed(1)) return undefined
  const wrapper = fields.enter('enrolledAt', contextConstructed(1))
  const time = timeOf(wrapper.next(tags.generalizedTime, 'enrolledAt'), 'enrolledAt')
  wrapper.end('enrolledAt')
  return time
}

function textOf(fields: DerCursor, what: string): string {
  const element = fields.next(tags.utf8String, what)
  const text = utf8Of(element, what)
  if (!textForm.test(text)) {
    throw new DerError(`${what}: expected ${textForm.source}`, element.offset)
  }
  return text
}

/** More predecessors than this cannot be unexpired at once by any sane renewal policy. */
export const maxPredecessors = 4

/** `Predecessors ::= SEQUENCE SIZE (1..4) OF OCTET STRING (SIZE (32))`, from base64url. */
export function encodePredecessors(thumbprints: readonly string[]): Buffer {
  const digests = thumbprints.map((text) => Buffer.from(text, 'base64url'))
  if (digests.length > maxPredecessors || digests.some(({ length }) => length !== 32)) {
    throw new TypeError(`predecessors are at most ${maxPredecessors} SHA-256 thumbprints`)
  }
  return derSequence(...digests.map(derOctetString))
}

/** Thumbprints in base64url. Throws DerError. */
export function decodePredecessors(value: Uint8Array): string[] {
  const outer = readDer(value)
  const list = outer.enter('predecessors')
  outer.end('predecessors')
  const thumbprints: string[] = []
  while (!list.isDone) {
    const element = list.next(tags.octetString, 'predecessor')
    const digest = octetsOf(element)
    if (digest.length !== 32 || thumbprints.length === maxPredecessors) {
      throw new DerError('predecessors: expected at most 4 of 32 bytes', element.offset)
    }
    thumbprints.push(digest.toString('base64url'))
  }
  return thumbprints
}
