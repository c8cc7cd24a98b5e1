import type { DeviceIdentity } from '@sallyport/pki'
import type { IssuedCertificate, RenewalRequest } from '@sallyport/wire'
import { registeredKey } from '../appraisals/standing.ts'
import type { Authority, Caller } from '../authority.ts'
import { refuseExpired } from '../enrollment/challenge.ts'
import { certificateAnswer } from '../issuance/certificate-answer.ts'
import { signCertificate } from '../issuance/sign-certificate.ts'
import { recordRenewal, refuseUsed } from './record-renewal.ts'
import { issuedOfLate, refuseSuccessor } from './record-successor.ts'
import { boundedAdmission } from './refused-renewals.ts'
import { renewalCaller } from './renewal-caller.ts'
import { refuseRenewalKey } from './renewal-key.ts'
import { succeedCertificate } from './succeed-certificate.ts'
import { unexpiredLineage } from './succession.ts'

/**
 * Renews a certificate. The same certificate renewed with the same key is answered with the same
 * successor again; another key, with evidence, replaces a successor that was never used.
 *
 * @param peer the client certificate of the connection, where `verifyOwnCertificate` believes one
 * @throws Problem of the areas device and enrolment
 */
export async function renewCertificate(
  authority: Authority,
  message: RenewalRequest,
  peer: DeviceIdentity | undefined,
  caller: Caller,
): Promise<IssuedCertificate> {
  const renewal = renewalCaller(authority, message, peer)
  const { appId, app, challenge, request } = renewal
  const { spkiSha256 } = request
  const { deviceId } = renewal.identity
  const { certificate, device } = await succeedCertificate(authority, {
    appId,
    app,
    thumbprint: renewal.identity.thumbprint,
    spkiSha256,
    caller,
    know: async () => ({
      registered: await registeredKey(authority.store.read, deviceId),
      issued: await issuedOfLate(authority.store.read, deviceId, authority.now()),
    }),
    refuse: (holder) => refuseRenewalKey(app.certificate.renewalKey, holder.certificate, request),
    refuseStale: (now) => {
      if (challenge !== undefined) refuseExpired(challenge, now)
    },
    sign: async (holder, succession, { registered, issued }) => {
      const { read } = authority.store
      const now = authority.now()
      if (challenge !== undefined) {
        await refuseUsed(read, challenge, spkiSha256)
        refuseExpired(challenge, now)
      }
      const attempt = { renewal, message, holder, succession, registered, caller }
      const admitted = await boundedAdmission(authority, attempt)
      const appAttestKeyId = admitted.admission.standing?.appAttestKey?.keyId
      await refuseSuccessor(read, { ...holder, issued }, { spkiSha256, appAttestKeyId })
      const signed = await signCertificate(authority, {
        appId,
        deviceId: holder.device.id,
        spki: request.spki,
        admission: admitted.admission,
        predecessors: await unexpiredLineage(read, holder.certificate, now),
        enrolledAt: holder.device.enrolled_at,
      })
      return { ...admitted, signed }
    },
    record: (tx, order, place) => recordRenewal(tx, { ...order, ...place, renewal, caller }),
  })
  return certificateAnswer(authority, certificate, device)
}
