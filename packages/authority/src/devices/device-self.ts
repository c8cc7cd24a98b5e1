import type { Assurance, DeviceSelf } from '@sallyport/wire'
import type { Authority } from '../authority.ts'
import { certificateTimes } from '../issuance/certificate-answer.ts'
import { callingDevice } from './calling-device.ts'

/**
 * What a device is told of itself, under a certificate that counts.
 *
 * @throws Problem of the area device
 */
export async function deviceSelf(
  authority: Authority,
  peer: Uint8Array | undefined,
): Promise<DeviceSelf> {
  const { certificate, device } = await callingDevice(authority, peer)
  return {
    deviceId: device.id,
    appId: device.app_id,
    assurance: device.assurance as Assurance,
    status: device.status,
    ...certificateTimes(authority, certificate),
  }
}
