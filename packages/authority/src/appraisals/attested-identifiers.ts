import { Problem } from '@sallyport/problem'
import type { Appraisal } from './appraisal.ts'

/** What a phone attests to be known by: serial numbers, an UDID, IMEIs. */
export const attestedIdentifiers = ({ results }: Appraisal): readonly string[] =>
  results[0]?.facts.identifiers ?? []

/**
 * An identifier as it is attested: serial numbers and UDIDs are written in either case, and mean the same.
 *
 * @throws Problem `acme_identifier_mismatch`
 */
export function attestedAs(appraisal: Appraisal, identifier: string): string {
  const identifiers = attestedIdentifiers(appraisal)
  const wanted = identifier.toUpperCase()
  const found = identifiers.find((one) => one.toUpperCase() === wanted)
  if (found !== undefined) return found
  throw new Problem('acme_identifier_mismatch', {
    expected: identifier,
    found: identifiers.join(', ') || 'an attestation that tells none',
  })
}
