import { Problem } from '@sallyport/problem'
import type { Assurance, DeviceSelf } from '@sallyport/wire'
import type { Authority } from '../authority.ts'
import { certificateTimes } from '../issuance/certificate-answer.ts'
import {
  markUsed,
  readActive,
  refuseOutOfDate,
  verifyOwnCertificate,
} from './authenticate-device.ts'

/**
 * What a device is told of itself, under a certificate that counts. The first call under a
 * certificate is what makes it used.
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
  const { thumbprint } = identity
  const { certificate, device } = await readActive(authority.store.read, thumbprint)
  if (certificate.used_at === null) {
    await authority.lanes.run('renewal', () =>
      authority.store.write((store) => markUsed(store, [thumbprint], authority.now())),
    )
  }
  return {
    deviceId: device.id,
    appId: device.app_id,
    assurance: device.assurance as Assurance,
    status: device.status,
    ...certificateTimes(authority, certificate),
  }
}
