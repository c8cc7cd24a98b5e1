import type { DeviceIdentity } from '@sallyport/pki'
import { Problem } from '@sallyport/problem'
import type { Platform } from '@sallyport/wire'
import type { Authority, Caller } from '../authority.ts'
import type { AppConfig } from '../config/app-config.ts'
import type { AuthenticatedDevice } from '../devices/authenticate-device.ts'
import type { KeyRequest } from '../enrollment/key-request.ts'
import { signCertificate } from '../issuance/sign-certificate.ts'
import { refuseLate } from '../renewal/grace.ts'
import { issuedOfLate, recordSuccessor, refuseSuccessor } from '../renewal/record-successor.ts'
import { refuseRenewalKey, type RenewalKey } from '../renewal/renewal-key.ts'
import { succeedCertificate } from '../renewal/succeed-certificate.ts'
import type { CertificateRow, DeviceRow } from '../store/tables.ts'
import type { Protocol, ProtocolConfig } from './protocol-config.ts'
import { unattestedAdmission } from './unattested-admission.ts'

/** A renewal by a standard protocol, whose sender proved that it holds the key of the certificate. */
export type ProtocolRenewal = {
  protocol: Protocol
  appId: string
  app: AppConfig
  settings: ProtocolConfig & { readonly renewalKey: RenewalKey }
  /** Of the certificate: one of ours. */
  identity: DeviceIdentity
  request: Pick<KeyRequest, 'spki' | 'spkiSha256'>
  caller: Caller
}

/**
 * Renews the certificate of a device that proves nothing of its key, until its grace period is over.
 *
 * @throws Problem `renewal_protocol_mismatch` where the device was attested, enrolled by another protocol or is another app's,
 *   `csr_key_not_allowed`, `renewal_grace_over`, those of `succeedCertificate`, `refuseSuccessor` and the signer
 */
export async function renewByProtocol(
  authority: Authority,
  { protocol, appId, app, settings, identity, request, caller }: ProtocolRenewal,
): Promise<AuthenticatedDevice> {
  // EST by its handshake, SCEP by its signature: each message proves the key, also of a certificate that expired.
  refuseLate(identity, app, authority.now())
  if (identity.appId !== appId) {
    throw new Problem('renewal_protocol_mismatch', {
      expected: `a device of ${appId}`,
      found: `one of ${identity.appId}`,
    })
  }
  const { thumbprint } = identity
  const { spki, spkiSha256 } = request
  const key = { spkiSha256, appAttestKeyId: undefined }
  return succeedCertificate(authority, {
    appId,
    app,
    thumbprint,
    spkiSha256,
    caller,
    // A message of SCEP says not when it was made: who kept one, and sends it, is to end no device by it.
    onFork: protocol === 'scep' ? 'notify' : undefined,
    know: () => issuedOfLate(authority.store.read, identity.deviceId, authority.now()),
    refuse: ({ certificate, device }) => {
      refuseRenewalKey(settings.renewalKey, certificate, request)
      refuseAttested(authority, certificate)
      refuseOtherProtocol(protocol, device)
    },
    sign: async ({ device }, _planned, issued) => {
      await refuseSuccessor(authority.store.read, { device, issued }, key)
      const known = { ...settings, platform: device.platform as Platform }
      return signCertificate(authority, {
        appId,
        deviceId: device.id,
        spki,
        admission: unattestedAdmission(known, device.appraised_at),
        // Such a CA tells of none: nobody believes it in this.
        predecessors: [],
        enrolledAt: device.enrolled_at,
      })
    },
    record: async (tx, signed, place) => {
      const successor = { ...place, app, signed, caller }
      const issued = await issuedOfLate(tx, place.device.id, place.now)
      await refuseSuccessor(tx, { ...successor, issued }, key)
      return recordSuccessor(tx, successor, { changes: {}, detail: { protocol } })
    },
  })
}

/** Each has a CA of its own, which is withdrawn alone, and its own word on what a fork does. */
function refuseOtherProtocol(protocol: Protocol, device: DeviceRow): void {
  if (device.protocol === protocol) return
  throw new Problem('renewal_protocol_mismatch', {
    expected: `a device that enrolled by ${protocol}`,
    found: `one that enrolled by ${device.protocol ?? 'none of these'}`,
  })
}

/** What was attested renews where its evidence can be renewed with it. */
function refuseAttested({ issuers }: Authority, { issuer_id }: CertificateRow): void {
  const kind = issuers.byId(issuer_id)?.kind
  if (kind === 'unattested') return
  throw new Problem('renewal_protocol_mismatch', {
    expected: 'a certificate of a CA for devices that prove nothing',
    found: `one of kind ${kind ?? 'unknown'}`,
  })
}
