import type { AttestationResult, EvidenceFile } from '@sallyport/attestation'
import type { VerificationRequest } from './verification-request.ts'

/** How `attestation verify` hands the evidence of a file to a format. */
export type Verifier = {
  readonly format: string
  /** Options, by their name in camelCase, that mean something here and not for every format. */
  readonly options: readonly string[]
  /**
   * Undefined where the file holds another kind of evidence than the format has.
   *
   * @throws Problem `command_usage` where an option is missing without which nothing can be verified
   */
  verify(
    file: EvidenceFile,
    request: VerificationRequest,
  ): Promise<AttestationResult> | AttestationResult | undefined
}
