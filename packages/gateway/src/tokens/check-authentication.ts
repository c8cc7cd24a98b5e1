import type { VerifiedToken } from '@sallyport/token/verify'
import type { Refusal } from '../pipeline/stage.ts'
import type { TokenRules } from './token-rules.ts'

/** How far the clocks of the provider and of this machine may be apart. */
const leewayMs = 10_000

/**
 * Whether the user signed in as strongly, and as lately, as the route demands (RFC 9470 §4). A token that
 * does not tell does not do.
 */
export function checkAuthentication(
  { claims, authTime }: VerifiedToken,
  { acr, maxAgeMs }: TokenRules,
  now: number,
): Refusal | undefined {
  if (acr !== undefined) {
    const given = claims['acr']
    if (typeof given !== 'string' || !acr.has(given)) {
      const found = typeof given === 'string' ? JSON.stringify(given.slice(0, 100)) : 'no claim acr'
      return {
        code: 'step_up_required',
        check: 'acr',
        expected: `one of ${[...acr].join(', ')}`,
        found,
      }
    }
  }
  if (maxAgeMs === undefined || (authTime !== undefined && now - authTime <= maxAgeMs + leewayMs)) {
    return undefined
  }
  return {
    code: 'step_up_required',
    check: 'auth-time',
    expected: `a sign-in at most ${maxAgeMs / 1_000} seconds ago`,
    found: authTime === undefined ? 'no claim auth_time' : new Date(authTime).toISOString(),
  }
}
