import { Problem } from '@sallyport/problem'
import { checkAudience, readClaims } from '../check-claims.ts'
import type { ProviderRules } from '../provider-rules.ts'
import { readConfirmation } from '../read-confirmation.ts'
import type { Confirmation, VerifiedToken } from '../verified-token.ts'
import type { ActiveAnswer } from './answer-cache.ts'

/**
 * The user that an answer tells of (RFC 7662 §2.2). It must have `exp` and `iat`, though they are optional there:
 * without the one nothing bounds the token, without the other a token that was ended by user or session could
 * not be told from one issued later.
 *
 * @throws Problem those of `checkClaims`, `token_issuer_unknown`, `token_type_wrong`
 */
export function tokenOfAnswer(
  { claims, freshUntil }: ActiveAnswer,
  rules: ProviderRules,
  now: number,
): VerifiedToken {
  checkAnswer(claims, rules)
  const isNamed = claims['aud'] !== undefined
  if (!isNamed && rules.introspection?.requiresAudience !== false) {
    checkAudience(undefined, rules.audience)
  }
  // A refresh token can be asked about as well: its answer has neither.
  if (!isNamed && claims['token_type'] === undefined) throw typeWrong('none')
  const token = readClaims(claims, rules, now)
  refuseLostBinding(claims, token.confirmation)
  return { ...token, goodUntil: Math.min(token.goodUntil, freshUntil) }
}

/**
 * A JWT that was verified here, and that its provider calls active: until it is to be asked again. What
 * the answer says beside that must not differ; where it alone names a key, the token is bound to it.
 *
 * @throws Problem those of `tokenOfAnswer`
 */
export function confirmedByAnswer(
  token: VerifiedToken,
  { claims, freshUntil }: ActiveAnswer,
  rules: ProviderRules,
): VerifiedToken {
  checkAnswer(claims, rules)
  const subject = Object.hasOwn(claims, rules.subjectClaim) ? claims[rules.subjectClaim] : undefined
  if (subject !== undefined && subject !== token.subject) {
    throw invalid(`${rules.subjectClaim} as in the token`, 'another one')
  }
  const confirmation = merged(token.confirmation, readConfirmation(claims['cnf']))
  refuseLostBinding(claims, confirmation)
  return { ...token, confirmation, goodUntil: Math.min(token.goodUntil, freshUntil) }
}

/** What holds for whatever the answer has. */
function checkAnswer(claims: ActiveAnswer['claims'], rules: ProviderRules): void {
  const { iss, aud, token_type: type, token_use: use } = claims
  if (iss !== undefined && iss !== rules.issuer) {
    throw new Problem('token_issuer_unknown', {
      expected: rules.issuer,
      found: typeof iss === 'string' ? iss.slice(0, 200) : 'no text',
    })
  }
  if (aud !== undefined) checkAudience(aud, rules.audience)
  if (type !== undefined && !(typeof type === 'string' && /^(bearer|dpop)$/i.test(type))) {
    throw typeWrong(typeof type === 'string' ? type.slice(0, 40) : 'no text')
  }
  // Some providers tell refresh tokens apart by this alone.
  if (use !== undefined && use !== 'access_token' && use !== 'access') throw typeWrong('token_use')
}

function merged(one: Confirmation, other: Confirmation): Confirmation {
  for (const method of ['x5tS256', 'jkt'] as const) {
    const [here, there] = [one[method], other[method]]
    if (here !== undefined && there !== undefined && here !== there) {
      throw invalid('cnf as in the token', 'another one')
    }
  }
  return { ...one, ...other }
}

/** A token of type DPoP without its key would pass for one that anyone may bear. */
function refuseLostBinding(claims: ActiveAnswer['claims'], { jkt }: Confirmation): void {
  const type = claims['token_type']
  if (typeof type === 'string' && /^dpop$/i.test(type) && jkt === undefined) {
    throw invalid('cnf.jkt, for a token of type DPoP', 'none')
  }
}

function typeWrong(found: string): Problem {
  return new Problem('token_type_wrong', { expected: 'token_type Bearer or DPoP', found })
}

function invalid(expected: string, found: string): Problem {
  return new Problem('token_claims_invalid', { expected, found })
}
