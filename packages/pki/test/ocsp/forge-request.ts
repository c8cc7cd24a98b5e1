import { createHash } from 'node:crypto'
import type { Certificate } from '../../src/certificate.ts'
import { readDer } from '../../src/der/der-cursor.ts'
import { bitStringOctetsOf } from '../../src/der/der-value.ts'
import {
  derContext,
  derInteger,
  derNull,
  derOctetString,
  derOid,
  derSequence,
} from '../../src/der/der-writer.ts'
import { tags } from '../../src/der/tag.ts'
import { oids } from '../../src/oids.ts'
import { extension } from '../forge.ts'

const algorithms = { sha1: oids.sha1, sha256: oids.sha256, sha512: '2.16.840.1.101.3.4.2.3' }

/** CertID of a serial number under an issuer. */
export function certificateId(
  issuer: Certificate,
  serial: string,
  hash: keyof typeof algorithms = 'sha1',
): Buffer {
  const info = readDer(issuer.spki).enter()
  info.next(tags.sequence)
  const digest = (data: Buffer) => createHash(hash).update(data).digest()
  const number = Buffer.from(serial.padStart(serial.length + (serial.length % 2), '0'), 'hex')
  return derSequence(
    derSequence(derOid(algorithms[hash]), derNull()),
    derOctetString(digest(issuer.subject)),
    derOctetString(digest(bitStringOctetsOf(info.next(tags.bitString)))),
    derInteger(number),
  )
}

export type ForgedRequestParts = {
  /** What stands before requestList. */
  before: Buffer
  /** Extension each. */
  extensions: readonly Buffer[]
  singleExtensions: readonly Buffer[]
  /** After tbsRequest. */
  trailer: Buffer
}

export function forgeRequest(
  ids: readonly Buffer[],
  parts: Partial<ForgedRequestParts> = {},
): Buffer {
  const list = (number: number, extensions: readonly Buffer[] | undefined) =>
    extensions === undefined ? [] : [derContext(number, derSequence(...extensions))]
  const singles = ids.map((id) => derSequence(id, ...list(0, parts.singleExtensions)))
  const tbs = derSequence(
    parts.before ?? Buffer.alloc(0),
    derSequence(...singles),
    ...list(2, parts.extensions),
  )
  return derSequence(tbs, parts.trailer ?? Buffer.alloc(0))
}

export const nonceExtension = (nonce: Buffer, critical = false): Buffer =>
  extension(oids.ocspNonce, derOctetString(nonce), critical)
