/** Real proofs have 500 to 900 characters; with an RSA key of 4096 bits 2,000. */
export const maxProofCharacters = 8_192

/** The parts of a JWT in compact form (RFC 7515 §7.1). Nothing in them is read yet. */
export type ProofText = {
  readonly header: string
  readonly claims: string
  readonly signature: string
  /** What the signature is over. */
  readonly signed: string
}

/** @returns undefined where a text is too long, or not three parts with a dot between them */
export function splitProof(proof: string): ProofText | undefined {
  if (proof.length > maxProofCharacters) return undefined
  const first = proof.indexOf('.')
  const last = proof.lastIndexOf('.')
  if (first <= 0 || last === first || proof.indexOf('.', first + 1) !== last) return undefined
  const claims = proof.slice(first + 1, last)
  const signature = proof.slice(last + 1)
  if (claims === '' || signature === '') return undefined
  return { header: proof.slice(0, first), claims, signature, signed: proof.slice(0, last) }
}
