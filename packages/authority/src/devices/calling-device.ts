import { Problem } from '@sallyport/problem'
import type { Authority } from '../authority.ts'
import {
  type AuthenticatedDevice,
  readActive,
  refuseOutOfDate,
  verifyOwnCertificate,
} from './authenticate-device.ts'
import { noteUse } from './certificate-use.ts'

/**
 * The device that calls under a certificate that counts. The first call under a certificate is what
 * makes it used, whether it counts or not: its key was held.
 *
 * @param peer DER of the client certificate of the connection
 * @throws Problem of the area device
 */
export async function callingDevice(
  authority: Authority,
  peer: Uint8Array | undefined,
): Promise<AuthenticatedDevice> {
  if (peer === undefined) throw new Problem('device_certificate_required')
  const identity = verifyOwnCertificate(authority.issuers, peer)
  refuseOutOfDate(identity, authority.now())
  const { thumbprint, deviceId } = identity
  const { lanes, store } = authority
  const unused = await store.read
    .selectFrom('certificates')
    .select('thumbprint')
    .where('thumbprint', '=', thumbprint)
    .where('used_at', 'is', null)
    .executeTakeFirst()
  if (unused !== undefined) {
    const seen = { seenBy: `device:${deviceId}`, now: authority.now() }
    await lanes.run('renewal', () => store.write((tx) => noteUse(tx, [thumbprint], seen)))
  }
  return readActive(store.read, thumbprint)
}
