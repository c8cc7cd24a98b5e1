import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import https from 'node:https'
import { createSigningRequest, toPem } from '@sallyport/pki'
import { androidKeyEvidence } from '@sallyport/virtual-device'
import { devicePaths, fromBase64url, type IssuedCertificate, toBase64url } from '@sallyport/wire'
import { ask } from './ask.ts'
import type { AuthoritySite } from './authority-site.ts'

export type Phone = {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  readonly issued: IssuedCertificate
}

const facts = { platform: 'android', appVersion: '1.0.0', deviceModel: 'Virtual phone' }

/** Enrols a phone whose key is attested: a challenge, and a chain of certificates over it. */
export async function enroll(
  site: AuthoritySite,
  agent: https.Agent,
  appId: string,
): Promise<Phone> {
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const challenge = await takeChallenge(site, agent, appId)
  const json = {
    appId,
    challenge,
    csr: toBase64url(createSigningRequest(key)),
    evidence: evidenceOf(site, key.publicKey, challenge),
    ...facts,
  }
  const answer = await ask(site.device + devicePaths.certificates, { json, agent })
  return { ...key, issued: JSON.parse(answer.toString()) as IssuedCertificate }
}

/** Renews with the same key, over a connection of its own under the phone's certificate. */
export async function renew(
  site: AuthoritySite,
  phone: Phone,
  from: { localAddress?: string } = {},
): Promise<Phone> {
  const agent = new https.Agent({ ca: site.caPem, ...identityOf(phone), ...from })
  const json = { csr: toBase64url(createSigningRequest(phone)), ...facts }
  const answer = await ask(site.mtls + devicePaths.renewals, { json, agent })
  agent.destroy()
  return { ...phone, issued: JSON.parse(answer.toString()) as IssuedCertificate }
}

/** What a phone shows to TLS: PEM. */
export function identityOf({ privateKey, issued }: Phone): { cert: string; key: string } {
  const pems = issued.certificates.map((der) => toPem('CERTIFICATE', bytesOf(der)))
  return {
    cert: pems.join(''),
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  }
}

/** Android evidence as an enrolment carries it. */
export function evidenceOf(site: AuthoritySite, publicKey: KeyObject, challenge: string) {
  const spki = publicKey.export({ format: 'der', type: 'spki' })
  return androidKeyEvidence({ root: site.attestationRoot, challenge: bytesOf(challenge), spki })
}

export function bytesOf(text: string): Uint8Array {
  return fromBase64url(text) ?? new Uint8Array()
}

/** A challenge for an enrolment. */
export async function takeChallenge(
  site: AuthoritySite,
  agent: https.Agent,
  appId: string,
): Promise<string> {
  const json = { appId, purpose: 'enroll' }
  const answer = await ask(site.device + devicePaths.challenges, { json, agent })
  return (JSON.parse(answer.toString()) as { challenge: string }).challenge
}
