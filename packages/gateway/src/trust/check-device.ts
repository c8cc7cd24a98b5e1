import { type Check, checkDates } from '@sallyport/pki'
import type { Caller } from '../pipeline/caller.ts'
import type { Refusal } from '../pipeline/stage.ts'
import type { DeviceStatus } from '../status/device-status.ts'
import type { VerifiedLeaf } from './presented-leaf.ts'

/** Nothing was presented. Not the end of the connection: other routes may not ask. */
export const certificateRequired: Refusal = {
  code: 'device_certificate_required',
  check: 'certificate',
  expected: 'a client certificate',
  found: 'none',
  detail:
    'Connect with the certificate that this device was given when it enrolled; a device that has none enrols first.',
}

/**
 * What is said against the device of a caller, now: whether its certificate is believed, its
 * dates, and the status of device, certificate and issuer. TLS is never asked: what it verified once
 * outlives revocation in open connections and resumed sessions.
 *
 * @returns undefined where nothing is said against it; then nothing was allocated either
 */
export function checkDevice(
  caller: Caller,
  status: DeviceStatus,
  now: number,
): Refusal | undefined {
  const leaf = caller.currentLeaf()
  if (leaf === undefined) return certificateRequired
  if (leaf.device === undefined) return refusalOf(leaf.failed)
  const dates = checkDates(leaf.device, now)
  if (dates !== undefined) return refusalOf(dates)
  return checkStatus(caller, leaf, status)
}

// As long as the version of the table stands still, so does what was found in it.
function checkStatus(
  caller: Caller,
  leaf: VerifiedLeaf,
  status: DeviceStatus,
): Refusal | undefined {
  const version = status.version()
  if (caller.statusVersion !== version) {
    const refusing = status.refusing(leaf.keys)
    caller.statusRefusal =
      refusing === undefined
        ? undefined
        : {
            code: refusing.reason,
            check: `${refusing.kind}-status`,
            expected: 'active',
            found: refusing.status,
            endsConnection: true,
          }
    caller.statusVersion = version
  }
  return caller.statusRefusal
}

// A certificate does not become another one: whatever is wrong with it, a new connection is needed.
function refusalOf(failed: Check): Refusal {
  return {
    code: failed.code ?? 'device_certificate_untrusted',
    check: failed.check,
    expected: failed.expected,
    found: failed.found,
    endsConnection: true,
  }
}
