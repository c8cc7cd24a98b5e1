import {
  type AttestationResult,
  type EvidenceFile,
  evidenceFormats,
  malformedResult,
} from '@sallyport/attestation'
import { isProblem } from '@sallyport/problem'
import type { VerificationRequest } from './verification-request.ts'
import type { Verifier } from './verifier.ts'

/**
 * The result for what `read` reads. A file that holds nothing like evidence of the format is refused as
 * evidence that cannot be read: its first check failed, and none after it was reached.
 *
 * @throws what `read` throws, but for `attestation_malformed` and `attestation_too_large`
 */
export async function verifyEvidence(
  verifier: Verifier,
  read: () => Promise<EvidenceFile>,
  request: VerificationRequest,
): Promise<AttestationResult> {
  const { format } = verifier
  const refuse = (fault: Fault) => unreadable(format, request, fault)
  let file: EvidenceFile
  try {
    file = await read()
  } catch (error) {
    if (!isProblem(error) || !isFault(error.code)) throw error
    const { code, expected = '', found = '' } = error
    return await refuse({ code: code as Fault['code'], expected, found })
  }
  const isNamedOtherwise = file.format !== undefined && file.format !== format
  const result = isNamedOtherwise ? undefined : await verifier.verify(file, request)
  if (result !== undefined) return result
  return await refuse({
    code: 'attestation_malformed',
    expected: `evidence of the format ${format}`,
    found: isNamedOtherwise ? `evidence of the format ${file.format}` : kindWords[file.kind],
  })
}

const faults = ['attestation_malformed', 'attestation_too_large'] as const

type Fault = { code: (typeof faults)[number]; expected: string; found: string }

const isFault = (code: string): boolean => faults.some((fault) => fault === code)

const kindWords: Readonly<Record<EvidenceFile['kind'], string>> = {
  chain: 'certificates',
  cbor: 'CBOR',
  token: 'a token',
}

/** The checks that were not reached are those that the format itself tells for evidence of nothing. */
async function unreadable(
  format: string,
  { at, trust }: VerificationRequest,
  fault: Fault,
): Promise<AttestationResult> {
  const nothing = await evidenceFormats[format]?.appraise({ format }, { at, trust, policy: {} })
  return malformedResult(format, nothing?.checks.slice(1) ?? [], fault)
}
