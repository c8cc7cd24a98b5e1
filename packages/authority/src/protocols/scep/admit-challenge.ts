import { DerError, readChallengePassword } from '@sallyport/pki'
import { Problem } from '@sallyport/problem'
import type { Authority, Caller } from '../../authority.ts'
import type { KeyRequest } from '../../enrollment/key-request.ts'
import { usableToken, useToken } from '../../enrollment/enrollment-token.ts'
import { readSecretToken } from '../../enrollment/secret-token.ts'
import type { CertificateRow } from '../../store/tables.ts'
import type { ProtocolOrder } from '../protocol-order.ts'
import type { ScepConfig } from './scep-config.ts'

/** A request whose challenge is to be judged. */
export type ChallengedRequest = {
  appId: string
  scep: ScepConfig
  transactionId: string
  request: KeyRequest
  /** The challenge password of the request; empty where it has none. */
  challenge: string
  caller: Caller
}

/** What a challenge lets in. */
export type AdmittedChallenge = Pick<ProtocolOrder, 'authorizedBy' | 'use'> & {
  /** Whether it is good for one device and no other. */
  isOnce?: boolean
  /** What the MDM knows the phone by. */
  identifier?: string
  /** Where it is less than the protocol allows. */
  maxPerHour?: number
  /** Tells whoever vouched for it what became of it. */
  tell?: (outcome: ChallengeOutcome) => Promise<void>
}

export type ChallengeOutcome =
  | { issued: { certificate: CertificateRow; issuer: string } }
  | { refused: Problem }

/** One kind of challenge. Undefined: it is of another kind. */
export type ChallengeJudge = (
  authority: Authority,
  asked: ChallengedRequest,
) => Promise<AdmittedChallenge | undefined>

/**
 * What the challenge of a request lets in, by whoever handed it out.
 *
 * @throws Problem `enrollment_token_required`, `enrollment_token_invalid`, and those of who is asked
 */
export async function admitChallenge(
  authority: Authority,
  judges: readonly ChallengeJudge[],
  asked: ChallengedRequest,
): Promise<AdmittedChallenge> {
  if (asked.challenge === '') {
    throw new Problem('enrollment_token_required', {
      expected: 'a challenge password in the request',
      found: 'none',
    })
  }
  for (const judge of judges) {
    const admitted = await judge(authority, asked)
    if (admitted !== undefined) return admitted
  }
  throw new Problem('enrollment_token_invalid', {
    expected: 'a challenge that someone handed out',
    found: `one of ${asked.challenge.length} characters that nobody knows`,
  })
}

/** The challenge password, which `parseSigningRequest` let pass: its other attributes are not read. */
export function challengeOf({ der }: Pick<KeyRequest, 'der'>): string {
  try {
    return readChallengePassword(der) ?? ''
  } catch (error) {
    if (!(error instanceof DerError)) throw error
    throw new Problem('csr_malformed', {
      expected: 'one challenge password of at most 4096 characters (RFC 2985 §5.4.1)',
      found: error.message,
      cause: error,
    })
  }
}

/** A one-time enrolment token. */
export const tokenJudge: ChallengeJudge = async ({ store, now }, { appId, challenge, caller }) => {
  if (readSecretToken('enrollmentToken', challenge) === undefined) return undefined
  const { id } = await usableToken(store.read, challenge, appId, now())
  return {
    authorizedBy: `token:${id}`,
    isOnce: true,
    use: (tx, { usedFor, now: at }) =>
      useToken(tx, id, { usedFor, now: at, address: caller.address }),
  }
}
