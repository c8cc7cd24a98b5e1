import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { type Assurance, enrollmentProofBase, fromBase64url, isAtLeast } from '@sallyport/wire'
import type { AttestationResult } from '../attestation-result.ts'
import { type CheckRow, holds, runChecks, unchecked } from '../check-table.ts'
import { malformedResult, wellFormed } from '../malformed-result.ts'

const format = 'development'
const maxStatementCharacters = 2_048

export type DevelopmentOptions = {
  /** Base64url of the signature: DER ECDSA or PKCS#1, SHA-256. */
  readonly statement: string
  /** Without it, or without `spki`, the statement cannot be checked, and proves nothing. */
  readonly challenge?: Uint8Array | undefined
  /** DER SubjectPublicKeyInfo of the key that is to be certified. */
  readonly spki?: Uint8Array | undefined
  readonly insecureDevelopmentDevices: boolean
  readonly minimumAssurance?: Assurance | undefined
}

type Subject = Omit<DevelopmentOptions, 'statement'> & { readonly signature: Uint8Array }

export const developmentChecks: readonly CheckRow<Subject>[] = [
  {
    name: 'insecureDevelopmentDevices',
    code: 'evidence_development_refused',
    kind: 'proof',
    run: ({ insecureDevelopmentDevices: isAllowed }) => holds(isAllowed, 'true', `${isAllowed}`),
  },
  {
    name: 'statement',
    code: 'development_statement_invalid',
    kind: 'proof',
    run: ({ signature, challenge, spki }) => {
      if (challenge === undefined || spki === undefined) return unchecked('a signature')
      const isValid = isSigned(signature, challenge, spki)
      const expected = 'a signature by the key of the request over challenge and key'
      return holds(isValid, expected, isValid ? 'a valid signature' : 'none that verifies')
    },
  },
  {
    name: 'assurance',
    code: 'attestation_assurance_too_low',
    kind: 'policy',
    run: ({ minimumAssurance }) =>
      minimumAssurance === undefined
        ? unchecked('software')
        : holds(isAtLeast('software', minimumAssurance), minimumAssurance, 'software'),
  },
]

/**
 * Appraises development evidence: a signature by the key itself over challenge and key
 * (`enrollmentProofBase`). It proves that a key in software is there, and nothing of the app or the
 * phone; certificates on its strength come from the development root.
 */
export function appraiseDevelopment(options: DevelopmentOptions): AttestationResult {
  const { statement, ...asked } = options
  const isTooLarge = statement.length > maxStatementCharacters
  const expected = `a signature in base64url of at most ${maxStatementCharacters} characters`
  const signature = isTooLarge ? undefined : fromBase64url(statement)
  if (signature === undefined) {
    const code = isTooLarge ? 'attestation_too_large' : 'attestation_malformed'
    const fault = { code, expected, found: `${statement.length} characters` } as const
    return malformedResult(format, developmentChecks, fault)
  }
  const { checks, accepted, proven } = runChecks(developmentChecks, { ...asked, signature })
  // What was not looked at proves nothing: there is no chain that would prove something without it.
  const isProven = proven && asked.challenge !== undefined && asked.spki !== undefined
  return {
    format,
    accepted,
    assurance: isProven ? 'software' : 'unattested',
    development: isProven,
    checks: [wellFormed(expected, `${signature.length} bytes`), ...checks],
    claims: {},
    facts: {},
  }
}

function isSigned(signature: Uint8Array, challenge: Uint8Array, spki: Uint8Array): boolean {
  const key = readKey(spki)
  if (key?.asymmetricKeyType !== 'ec' && key?.asymmetricKeyType !== 'rsa') return false
  return verify('sha256', enrollmentProofBase(challenge, spki), key, signature)
}

/** Undefined where the bytes are no key: then nothing was signed by it. */
function readKey(spki: Uint8Array): KeyObject | undefined {
  try {
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
  } catch {
    return undefined
  }
}
