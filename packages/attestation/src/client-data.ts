import { enrollmentProofBase } from '@sallyport/wire'
import type { AppraisalContext } from './appraisal.ts'

/**
 * What evidence vouches for that cannot attest the key of the certificate itself: challenge and key
 * together. Undefined where either is not known: then it is not checked.
 */
export function clientDataOf({
  challenge,
  spki,
}: Pick<AppraisalContext, 'challenge' | 'spki'>): Uint8Array | undefined {
  if (challenge === undefined || spki === undefined) return undefined
  return enrollmentProofBase(challenge, spki)
}
