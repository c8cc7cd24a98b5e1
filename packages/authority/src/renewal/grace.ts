import type { DeviceIdentity } from '@sallyport/pki'
import { Problem } from '@sallyport/problem'
import type { AppConfig } from '../config/app-config.ts'

const dayMs = 24 * 3_600_000

/**
 * Refuses a certificate whose time to be renewed is over: `certificate.graceDays` after it expired. A phone that
 * lay in a drawer comes back without anybody's help until then.
 *
 * @throws Problem `renewal_grace_over`
 */
export function refuseLate(identity: DeviceIdentity, app: AppConfig, now: number): void {
  const graceUntil = identity.notAfter + app.certificate.graceDays * dayMs
  if (now <= graceUntil) return
  throw new Problem('renewal_grace_over', {
    expected: `a renewal before ${new Date(graceUntil).toISOString()}`,
    found: new Date(now).toISOString(),
  })
}
