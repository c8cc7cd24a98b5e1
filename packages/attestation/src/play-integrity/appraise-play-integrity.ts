import { fromBase64url } from '@sallyport/wire'
import type { AttestationResult, Claims } from '../attestation-result.ts'
import { runChecks } from '../check-table.ts'
import { malformedResult, wellFormed } from '../malformed-result.ts'
import { integrityChecks } from './integrity-checks.ts'
import { readIntegrityVerdict } from './integrity-verdict.ts'
import { type OpenedToken, openIntegrityToken } from './open-integrity-token.ts'
import type { PlayIntegrityPolicy } from './policy.ts'

const format = 'play-integrity'

/** Real tokens have one to two kilobytes. */
const maxTokenCharacters = 20_000

export type PlayIntegrityOptions = {
  /** As the Play library gave it to the app: a JWE in compact form around a JWS. */
  readonly token: string
  /**
   * What the app asked it for: base64url of its SHA-256 is the `nonce` of a classic request, or the
   * `requestHash` of a standard one. `enrollmentProofBase` of wire. Undefined: not checked.
   */
  readonly clientData?: Uint8Array | undefined
  /** Milliseconds. */
  readonly at: number
  /** Undefined: the keys that open tokens are not there, so that none is accepted. */
  readonly policy: PlayIntegrityPolicy | undefined
}

/**
 * Appraises a Play Integrity token without asking Google: decrypts it, verifies it and holds its
 * verdicts against the policy. A signal beside evidence: it tells of app, phone and account, and
 * proves nothing of any key, so its assurance is `unattested`.
 *
 * Not checked: that the token was not used before (the challenge it is bound to is used once), and what
 * the policy does not name: Play Protect, access by other apps, recent activity are claims alone.
 */
export async function appraisePlayIntegrity(
  options: PlayIntegrityOptions,
): Promise<AttestationResult> {
  const { token, clientData, at, policy } = options
  const expected = `a JWE in compact form of at most ${maxTokenCharacters} characters`
  if (token.length > maxTokenCharacters) {
    const fault = { expected, found: `${token.length} characters` }
    return malformedResult(format, integrityChecks, { code: 'attestation_too_large', ...fault })
  }
  if (!isCompactJwe(token)) {
    return malformedResult(format, integrityChecks, { expected, found: 'something else' })
  }
  const opened = policy === undefined ? unopened : await openIntegrityToken(token, policy)
  const read = opened.payload === undefined ? undefined : readIntegrityVerdict(opened.payload)
  const subject = { opened, verdict: read?.verdict, clientData, at, policy }
  const { checks, accepted } = runChecks(integrityChecks, subject)
  return {
    format,
    accepted,
    assurance: 'unattested',
    development: false,
    checks: [wellFormed(expected, `${token.length} characters`), ...checks],
    // Signed by Google and bounded with the token: all of it, also what is not known yet.
    claims: (read?.members ?? {}) as Claims,
    facts: {},
  }
}

const unopened: OpenedToken = { isDecrypted: false, payload: undefined, fault: undefined }

/** Five parts (RFC 7516 §7.1), each in the one accepted form of base64url, none empty. */
function isCompactJwe(token: string): boolean {
  const parts = token.split('.', 6)
  return (
    parts.length === 5 && parts.every((part) => part !== '' && fromBase64url(part) !== undefined)
  )
}
