import { Problem } from '@sallyport/problem'
import type { Authority } from '../authority.ts'
import { type RenewalAdmission, renewalAdmission } from './renewal-evidence.ts'

/** Evidence of an honest phone is refused once or twice, and then the phone rests. */
const maxRefusedPerHour = 60
const retryAfterSeconds = 600

/**
 * What a renewal admits, with a bound on how often evidence of one device is refused within an hour:
 * evidence costs signatures, and an enrolled phone can be hostile, too.
 *
 * @throws Problem `renewal_too_often`, and what `renewalAdmission` throws
 */
export async function boundedAdmission(
  authority: Authority,
  attempt: Parameters<typeof renewalAdmission>[1],
): Promise<RenewalAdmission> {
  // Without evidence there is nothing to verify, and nothing that counts.
  if (attempt.message.evidence === undefined) return renewalAdmission(authority, attempt)
  const { failedRenewals } = authority
  const { appId } = attempt.renewal
  const { id } = attempt.holder.device
  const recent = failedRenewals.recent(appId, id)
  if (recent >= maxRefusedPerHour) {
    throw new Problem('renewal_too_often', {
      expected: `evidence of a device refused fewer than ${maxRefusedPerHour} times within an hour`,
      found: `${Math.floor(recent)} times`,
      retryAfterSeconds,
    })
  }
  try {
    return await renewalAdmission(authority, attempt)
  } catch (error) {
    failedRenewals.noteRefusal(error, appId, id)
    throw error
  }
}
