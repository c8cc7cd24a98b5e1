import {
  type Issuer,
  issueGatewayCertificate,
  issueServerCertificate,
  type KeyKind,
  generateKey,
  toPem,
} from '@sallyport/pki'

/** A certificate and its private key, for a file each. The key is not encrypted: mode 0600 is for the caller to set. */
export type ServiceIdentity = { certificatePem: string; privateKeyPem: string; notAfter: number }

const keyKind: KeyKind = 'ec-p256'

/** A server certificate under the service root. `names`: DNS names and IP addresses. */
export async function makeServerIdentity(
  issuer: Issuer,
  options: { names: string[]; now: number; days?: number },
): Promise<ServiceIdentity> {
  const key = await generateKey(keyKind)
  const { names, now, days = 398 } = options
  const spki = key.publicKey.export({ format: 'der', type: 'spki' })
  const certificate = await issueServerCertificate({ issuer, spki, names, now, days })
  return identityOf(certificate, key.privateKey)
}

/** The certificate that a gateway dials the authority with. */
export async function makeGatewayIdentity(
  issuer: Issuer,
  options: { trustDomain: string; name: string; now: number; days?: number },
): Promise<ServiceIdentity> {
  const key = await generateKey(keyKind)
  const { trustDomain, name, now, days = 398 } = options
  const spki = key.publicKey.export({ format: 'der', type: 'spki' })
  const facts = { issuer, spki, trustDomain, name, now, days }
  return identityOf(await issueGatewayCertificate(facts), key.privateKey)
}

function identityOf(
  certificate: { der: Uint8Array; notAfter: number },
  privateKey: { export(options: { format: 'pem'; type: 'pkcs8' }): string | Buffer },
): ServiceIdentity {
  return {
    certificatePem: toPem('CERTIFICATE', certificate.der),
    privateKeyPem: String(privateKey.export({ format: 'pem', type: 'pkcs8' })),
    notAfter: certificate.notAfter,
  }
}
