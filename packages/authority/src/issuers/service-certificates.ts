import { generateKey, parseCertificate, toPem } from '@sallyport/pki'
import { toBase64url } from '@sallyport/wire'
import { bytesOf } from '../signer/bytes.ts'
import type { CaReference, Signer } from '../signer/signer.ts'

/** A certificate and its private key, for a file each. The key is not encrypted: mode 0600 is for the caller to set. */
export type ServiceIdentity = { certificatePem: string; privateKeyPem: string; notAfter: number }

/** The most that clients of Apple believe of a server. */
const days = 398

/** A server certificate under the service root. `names`: DNS names and IP addresses. */
export function makeServerIdentity(
  signer: Signer,
  options: { root: CaReference; names: string[] },
): Promise<ServiceIdentity> {
  return makeIdentity((spki) => signer.serverCertificate({ ...options, spki, days }))
}

/** The certificate that a gateway dials the authority with. */
export function makeGatewayIdentity(
  signer: Signer,
  options: { root: CaReference; name: string },
): Promise<ServiceIdentity> {
  return makeIdentity((spki) => signer.gatewayCertificate({ ...options, spki, days }))
}

async function makeIdentity(
  issue: (spki: string) => Promise<{ certificate: string }>,
): Promise<ServiceIdentity> {
  const key = await generateKey('ec-p256')
  const spki = key.publicKey.export({ format: 'der', type: 'spki' })
  const { certificate } = await issue(toBase64url(spki))
  const { der, notAfter } = parseCertificate(bytesOf(certificate))
  return {
    certificatePem: toPem('CERTIFICATE', der),
    privateKeyPem: String(key.privateKey.export({ format: 'pem', type: 'pkcs8' })),
    notAfter,
  }
}
