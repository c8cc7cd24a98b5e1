import type { KeyObject } from 'node:crypto'
import {
  backdateMs,
  type Certificate,
  createRoot,
  generateKey,
  type Issuer,
  issueDeviceCa,
  issueDeviceCertificate,
  issueServerCertificate,
  type RootKind,
  signingKeyOf,
  toPem,
} from '@sallyport/pki'
import { newId } from '@sallyport/wire'

export const trustDomain = 'example.com'
export const appId = 'wallet'
const dayMs = 24 * 3_600_000

export const pemOf = (...certificates: readonly Certificate[]) =>
  certificates.map(({ der }) => toPem('CERTIFICATE', der)).join('')

export const keyPem = (key: KeyObject) => key.export({ format: 'pem', type: 'pkcs8' }).toString()

export async function createIssuer(kind: RootKind, commonName: string): Promise<Issuer> {
  const key = signingKeyOf(await generateKey('ec-p256'))
  return { key, certificate: await createRoot({ key, commonName, kind, now: Date.now() }) }
}

/** An issuing CA for devices under a root, for this trust domain. */
export async function createDeviceCa(root: Issuer, domain = trustDomain): Promise<Issuer> {
  const key = signingKeyOf(await generateKey('ec-p256'))
  const options = {
    root,
    key,
    appId,
    trustDomain: domain,
    kind: 'device',
    now: Date.now(),
  } as const
  return { key, certificate: await issueDeviceCa(options) }
}

/** Key and certificate of a server under the service root. */
export async function createServerIdentity(service: Issuer, names: readonly string[]) {
  const { privateKey, publicKey } = await generateKey('ec-p256')
  const spki = publicKey.export({ format: 'der', type: 'spki' })
  const order = { issuer: service, spki, names, now: Date.now(), days: 1 }
  return { key: keyPem(privateKey), cert: pemOf(await issueServerCertificate(order)) }
}

export type IssuedDevice = { readonly certificate: Certificate; readonly privateKey: KeyObject }

/** A device of its own making, valid from five minutes ago for so many days. */
export async function createDevice(
  issuer: Issuer,
  options: { domain?: string; days?: number; privateKey?: KeyObject; publicKey?: KeyObject } = {},
): Promise<IssuedDevice> {
  const { domain = trustDomain, days = 7 } = options
  const { privateKey, publicKey } = await generateKey('ec-p256')
  const spki = (options.publicKey ?? publicKey).export({ format: 'der', type: 'spki' })
  const notBefore = Date.now() - backdateMs + Math.min(0, days * dayMs * 2)
  const certificate = await issueDeviceCertificate({
    issuer,
    spki,
    trustDomain: domain,
    appId,
    deviceId: newId('device'),
    assurance: 'software',
    facts: { platform: 'other', appVersion: '1.0.0', appraisedAt: Date.now() },
    predecessors: [],
    notBefore,
    notAfter: Date.now() + days * dayMs,
  })
  return { certificate, privateKey: options.privateKey ?? privateKey }
}
