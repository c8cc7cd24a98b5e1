import { readFileSync } from 'node:fs'
import path from 'node:path'
import {
  type Certificate,
  certificatesFromPem,
  fileKeyProvider,
  generateKey,
  issueGatewayCertificate,
  type Issuer,
  issueServerCertificate,
  toPem,
} from '@sallyport/pki'
import type { LaidOut } from './edited-development.ts'

/** A certificate under the service root of a deployment, and both as PEM. */
export type ServiceIdentity = { certificate: Certificate; cert: string; key: string }

/** What a gateway dials the authority with. */
export function makeGatewayIdentity(dev: LaidOut, name: string): Promise<ServiceIdentity> {
  return make(dev, (facts) =>
    issueGatewayCertificate({ ...facts, trustDomain: 'sallyport.test', name }),
  )
}

/** What a host shows to clients. */
export function makeServerIdentity(dev: LaidOut, names: string[]): Promise<ServiceIdentity> {
  return make(dev, (facts) => issueServerCertificate({ ...facts, names }))
}

async function make(
  dev: LaidOut,
  issue: (facts: {
    issuer: Issuer
    spki: Buffer
    now: number
    days: number
  }) => Promise<Certificate>,
): Promise<ServiceIdentity> {
  const issuer = await serviceRoot(dev)
  const { publicKey, privateKey } = await generateKey('ec-p256')
  const spki = publicKey.export({ format: 'der', type: 'spki' })
  const certificate = await issue({ issuer, spki, now: Date.now(), days: 1 })
  const key = String(privateKey.export({ format: 'pem', type: 'pkcs8' }))
  return { certificate, cert: toPem('CERTIFICATE', certificate.der), key }
}

async function serviceRoot({ facts }: LaidOut): Promise<Issuer> {
  const state = path.join(path.dirname(facts.configFile), 'state')
  const keys = fileKeyProvider({
    directory: path.join(state, 'keys'),
    passphrase: async () => readFileSync(path.join(state, 'passphrase'), 'utf8').trim(),
  })
  const [certificate] = certificatesFromPem(readFileSync(facts.caFile, 'utf8'))
  for (const name of await keys.list()) {
    if (!name.startsWith('service')) continue
    const key = await keys.open(name)
    if (certificate?.spki.equals(key.spki)) return { certificate, key }
  }
  throw new Error('the key of the service root is not there')
}
