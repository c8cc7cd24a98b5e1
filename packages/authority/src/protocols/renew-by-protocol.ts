import { Problem } from '@sallyport/problem'
import type { Platform } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import { appendAudit } from '../audit/audit-log.ts'
import type { Authority, Caller } from '../authority.ts'
import type { AppConfig } from '../config/app-config.ts'
import { type AuthenticatedDevice, readActive } from '../devices/authenticate-device.ts'
import { endCertificate } from '../devices/certificate-status.ts'
import { noteUse } from '../devices/certificate-use.ts'
import { refuseHeldKey } from '../enrollment/held-key.ts'
import type { KeyRequest } from '../enrollment/key-request.ts'
import {
  recordCertificate,
  signCertificate,
  type SignedCertificate,
} from '../issuance/sign-certificate.ts'
import { refuseFork } from '../renewal/fork.ts'
import { linkPredecessor, refuseTooManyCertificates } from '../renewal/record-renewal.ts'
import { readSuccession, type Succession } from '../renewal/succession.ts'
import type { CertificateRow, DeviceRow, Tables } from '../store/tables.ts'
import type { Protocol } from './protocol-config.ts'
import { unattestedAdmission } from './unattested-admission.ts'

/** A renewal by a standard protocol, whose sender proved that it holds the key of the certificate. */
export type ProtocolRenewal = {
  protocol: Protocol
  appId: string
  app: AppConfig
  /** SHA-256 of the certificate, base64url: one that `verifyOwnCertificate` believes, and in date. */
  thumbprint: string
  request: Pick<KeyRequest, 'spki' | 'spkiSha256'>
  caller: Caller
}

/** How often a renewal begins anew because another one of the same certificate overtook it. */
const maxAttempts = 4

/**
 * Renews the certificate of a device that proves nothing of its key, with the same key or another. Again
 * with the same key it is answered with the same successor; another key takes the place of a successor that
 * was never used, and is a fork where it was.
 *
 * @throws Problem `renewal_protocol_mismatch` where the device was attested, `renewal_forked`,
 *   `renewal_too_often`, those of `readActive` and of the signer
 */
export async function renewByProtocol(
  authority: Authority,
  renewal: ProtocolRenewal,
): Promise<AuthenticatedDevice> {
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const renewed = await attemptRenewal(authority, renewal)
    if (renewed !== undefined) return renewed
  }
  throw new Problem('authority_busy', {
    expected: 'one renewal of a certificate at a time',
    found: 'several with different keys',
    retryAfterSeconds: 1,
  })
}

type Outcome = { renewed: AuthenticatedDevice; isNew: boolean } | { refusal: Problem } | undefined

async function attemptRenewal(
  authority: Authority,
  renewal: ProtocolRenewal,
): Promise<AuthenticatedDevice | undefined> {
  const { store, metrics } = authority
  const { thumbprint, request, appId, app, caller } = renewal
  const holder = await readActive(store.read, thumbprint, true)
  refuseAttested(authority, holder.certificate)
  const planned = await readSuccession(store.read, holder.certificate, request.spkiSha256)
  const signed = isNew(planned) ? await signSuccessor(authority, renewal, holder.device) : undefined
  const outcome = await store.write(async (tx): Promise<Outcome> => {
    const now = authority.now()
    const { certificate, device } = await readActive(tx, thumbprint, true)
    const current = await readSuccession(tx, certificate, request.spkiSha256)
    if (current.kind === 'fork') {
      const { address: actor, requestId } = caller
      const fork = { shown: certificate, rival: current.rival, actor, now, detail: { requestId } }
      const { onFork } = app.certificate
      return { refusal: await refuseFork(tx, fork, { spkiSha256: request.spkiSha256, onFork }) }
    }
    await noteUse(tx, [thumbprint], { seenBy: `device:${device.id}`, now })
    if (current.kind === 'again') {
      return { renewed: { certificate: current.successor, device }, isNew: false }
    }
    if (signed === undefined || !isSame(current, planned)) return undefined
    const replaced = current.kind === 'replace' ? current.successor : undefined
    const facts = { signed, certificate, device, replaced, now }
    return { renewed: await recordSuccessor(tx, renewal, facts), isNew: true }
  })
  if (outcome === undefined) return undefined
  if ('refusal' in outcome) throw outcome.refusal
  metrics.issued(appId, outcome.isNew ? 'renewal' : 'again')
  return outcome.renewed
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

function signSuccessor(
  authority: Authority,
  { protocol, appId, app, request }: ProtocolRenewal,
  device: DeviceRow,
): Promise<SignedCertificate> {
  const settings = app.protocols[protocol]
  if (settings === undefined)
    throw new Problem('not_found', { detail: `${appId} has no ${protocol}` })
  const known = { ...settings, platform: device.platform as Platform }
  return signCertificate(authority, {
    appId,
    deviceId: device.id,
    spki: request.spki,
    admission: unattestedAdmission(known, device.appraised_at),
    // Such a CA tells of none: nobody believes it in this.
    predecessors: [],
    enrolledAt: device.enrolled_at,
  })
}

async function recordSuccessor(
  store: Kysely<Tables>,
  { protocol, appId, app, request, caller }: ProtocolRenewal,
  facts: {
    signed: SignedCertificate
    certificate: CertificateRow
    device: DeviceRow
    replaced: CertificateRow | undefined
    now: number
  },
): Promise<AuthenticatedDevice> {
  const { signed, certificate: predecessor, device, replaced, now } = facts
  const deviceId = device.id
  await refuseTooManyCertificates(store, deviceId, now)
  const { spkiSha256 } = request
  await refuseHeldKey(store, { appId, spkiSha256, appAttestKeyId: undefined }, deviceId)
  if (replaced?.status === 'active') {
    const reason = 'replaced before it was used'
    const status = 'superseded'
    await endCertificate(store, { certificate: replaced, status, reason, actor: 'authority', now })
  }
  const lineage = { deviceId, appId, predecessor: predecessor.thumbprint, now }
  const certificate = await recordCertificate(store, signed, lineage)
  await linkPredecessor(store, predecessor, certificate, app, now)
  const expires_at = Math.max(device.expires_at, certificate.not_after)
  await store.updateTable('devices').set({ expires_at }).where('id', '=', deviceId).execute()
  await appendAudit(store, {
    at: now,
    actor: `device:${deviceId}`,
    action: 'certificate.renewed',
    subject: deviceId,
    detail: {
      appId,
      protocol,
      thumbprint: certificate.thumbprint,
      serial: certificate.serial,
      predecessor: predecessor.thumbprint,
      replaced: replaced?.thumbprint ?? null,
      sameKey: certificate.spki_sha256 === predecessor.spki_sha256,
      requestId: caller.requestId,
    },
  })
  return { certificate, device: { ...device, expires_at } }
}

const isNew = ({ kind }: Succession): boolean => kind === 'first' || kind === 'replace'

function isSame(current: Succession, planned: Succession): boolean {
  const replaced = (succession: Succession) =>
    succession.kind === 'replace' ? succession.successor.thumbprint : succession.kind
  return replaced(current) === replaced(planned)
}
