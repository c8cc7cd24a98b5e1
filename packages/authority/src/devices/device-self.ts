import { Problem } from '@sallyport/problem'
import type { Assurance, DeviceSelf } from '@sallyport/wire'
import type { Authority } from '../authority.ts'
import { certificateTimes } from '../issuance/certificate-answer.ts'
import { readActive, refuseOutOfDate, verifyOwnCertificate } from './authenticate-device.ts'
import { noteUse } from './certificate-use.ts'

/**
 * What a device is told of itself, under a certificate that counts. The first call under a
 * certificate is what makes it used, whether it counts or not: its key was held.
 *
 * @throws Problem of the area device
 */
export async function deviceSelf(
  authority: Authority,
  peer: Uint8Array | undefined,
): Promise<DeviceSelf> {
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
  const { certificate, device } = await readActive(store.read, thumbprint)
  return {
    deviceId: device.id,
    appId: device.app_id,
    assurance: device.assurance as Assurance,
    status: device.status,
    ...certificateTimes(authority, certificate),
  }
}
