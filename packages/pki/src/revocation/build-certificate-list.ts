import { authorityKeyIdentifier, extension, type Issuer } from '../issue/build-certificate.ts'
import { derTime } from '../der/der-time.ts'
import { derContext, derElement, derInteger, derSequence } from '../der/der-writer.ts'
import { tags } from '../der/tag.ts'
import { signStructure } from '../signed-structure.ts'
import { oids } from '../oids.ts'
import { signatureAlgorithmIdentifier } from '../signature-algorithm.ts'
import { encodeIssuingDistributionPoint, type ListScope } from './distribution-point.ts'
import { readRevoked } from './revoked-entries.ts'

/** What a certificate list says, but for who says it. */
export type CertificateListFields = {
  /** CRL number (RFC 5280 §5.2.3): greater than that of any list of this scope before it. */
  readonly number: number
  /** Milliseconds, written to the second. */
  readonly thisUpdate: number
  /** Milliseconds, written to the second. */
  readonly nextUpdate: number
  /** What `encodeRevoked` made, in any number of portions one after another. Empty where none is revoked. */
  readonly entries: Uint8Array
  /** Undefined: all that this CA issued. */
  readonly scope?: ListScope
}

/** Entries that are looked at before other work finds its turn: a millisecond or two. */
const entriesPerTurn = 2_000

/**
 * Builds and signs a complete certificate list of version 2 (RFC 5280 §5): of all certificates of the
 * issuer, or of those whose distribution point is the scope's. The entries are read first, and throw
 * DerError where they are none, so that nothing else is ever signed as a list. With 100,000 entries
 * the event loop is never held for long; the signature is made on a thread of the pool.
 *
 * @returns DER CertificateList
 */
export async function buildCertificateList(
  issuer: Issuer,
  fields: CertificateListFields,
): Promise<Buffer> {
  const { number, thisUpdate, nextUpdate, entries, scope } = fields
  if (nextUpdate <= thisUpdate) throw new TypeError('nextUpdate lies before thisUpdate')
  await requireEntries(entries)
  const { certificate, key } = issuer
  const tbs = derSequence(
    derInteger(1),
    signatureAlgorithmIdentifier(key.keyKind),
    certificate.subject,
    derTime(thisUpdate),
    derTime(nextUpdate),
    // Absent where there is none (RFC 5280 §5.1.2.6).
    ...(entries.length === 0 ? [] : [derElement(tags.sequence, entries)]),
    derContext(
      0,
      derSequence(
        authorityKeyIdentifier(certificate),
        extension(oids.crlNumber, false, derInteger(number)),
        // Critical: without it, one shard could be shown in the place of another (RFC 5280 §5.2.5).
        ...(scope === undefined
          ? []
          : [
              extension(oids.issuingDistributionPoint, true, encodeIssuingDistributionPoint(scope)),
            ]),
      ),
    ),
  )
  return signStructure(key, tbs)
}

async function requireEntries(entries: Uint8Array): Promise<void> {
  let count = 0
  for (const _ of readRevoked(entries)) {
    count++
    if (count % entriesPerTurn === 0) await new Promise(setImmediate)
  }
}
