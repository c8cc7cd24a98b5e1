import { Problem } from '@sallyport/problem'
import type { Authority } from '../authority.ts'
import type { EnrollmentTokenRow } from '../store/tables.ts'
import type { Enrollment } from './enroll-device.ts'
import { usableToken } from './enrollment-token.ts'
import type { PolicyGate } from './policy-gate.ts'

/**
 * The one-time token that a message brings, as policy asks; the write uses it up. In mode `shadow` whoever brings no
 * good one is not invited.
 *
 * @throws Problem `enrollment_token_required`, those of `usableToken`
 */
export async function admitToken(
  authority: Authority,
  { appId, app }: Enrollment,
  gate: PolicyGate,
  text: string | undefined,
): Promise<EnrollmentTokenRow | undefined> {
  const { enrollmentToken: rule } = app.enrollment
  if (rule === 'none') return undefined
  try {
    if (text !== undefined) {
      return await usableToken(authority.store.read, text, appId, authority.now())
    }
    if (rule === 'required') {
      throw new Problem('enrollment_token_required', { expected: 'a token', found: 'none' })
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    gate.refuse('enrollmentToken', error)
  }
  return undefined
}
