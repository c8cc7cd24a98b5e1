import {
  type generateKey,
  parseCertificate,
  toPem,
  createSigningRequest,
  type Certificate,
} from '@sallyport/pki'
import { type Deployment, type DeploymentOptions, deploy } from '../../fixture/deployment.ts'
import type { HttpAnswer } from '../../fixture/http-call.ts'

type Key = Awaited<ReturnType<typeof generateKey>>

/** YAML of an app that attests by development evidence, and enrols by EST beside it. */
export const estApp = (est = '', enrollment = '') => `
  wallet:
    insecureDevelopmentDevices: true
    enrollment: { evidence: [development]${enrollment} }
    certificate: { keyKinds: [ec-p256, rsa-2048], overlapMinutes: 0 }
    protocols:
      est: { lane: fleet${est} }
`

export type EstPlace = Deployment & {
  token(appId?: string): Promise<string>
  enroll(key: Key, how?: EstCall): Promise<HttpAnswer>
  reenroll(key: Key, held: Held, how?: EstCall): Promise<HttpAnswer>
}
export type Held = { key: Key; certificate: Certificate }
type EstCall = {
  token?: string
  held?: Held
  at?: string
  csr?: Uint8Array
  body?: string
  headers?: Record<string, string>
}

/** An authority with EST, and a client of it. */
export async function deployEst(options: DeploymentOptions = {}): Promise<EstPlace> {
  const deployment = await deploy({ apps: estApp(), ...options })
  const call = (path: string, key: Key, how: EstCall) => {
    const { token, held } = how
    const csr = how.csr ?? createSigningRequest(key, { subject: 'whatever' })
    return deployment.device(how.at ?? path, {
      method: 'POST',
      text: how.body ?? Buffer.from(csr).toString('base64'),
      headers: {
        'content-type': 'application/pkcs10',
        ...(token === undefined ? {} : { authorization: basic(token) }),
        ...how.headers,
      },
      ...(held === undefined ? {} : tlsOf(held)),
    })
  }
  return {
    ...deployment,
    get authority() {
      return deployment.authority
    },
    async token(appId = 'wallet') {
      const answer = await deployment.admin('/admin/v1/enrollment-tokens', { body: { appId } })
      return answer.body.token as string
    },
    enroll: (key, how = {}) => call('/.well-known/est/wallet/simpleenroll', key, how),
    reenroll: (key, held, how = {}) =>
      call('/.well-known/est/wallet/simplereenroll', key, { held, ...how }),
  }
}

export const basic = (token: string) => `Basic ${Buffer.from(`device:${token}`).toString('base64')}`

export function tlsOf({ key, certificate }: Held): { cert: string; key: string } {
  return {
    cert: toPem('CERTIFICATE', certificate.der),
    key: String(key.privateKey.export({ format: 'pem', type: 'pkcs8' })),
  }
}

/** The certificates of an answer, which is PKCS#7 in base64, found by their outer form. */
export function certificatesOf(answer: HttpAnswer): Certificate[] {
  return certificatesIn(Buffer.from(answer.text, 'base64'))
}

/** The certificates of a certs-only message. */
export function certificatesIn(der: Buffer): Certificate[] {
  // ContentInfo → [0] → SignedData → version, digestAlgorithms, contentInfo, [0] certificates.
  const signedData = readInside(readInside(readInside(der)[1]!)[0]!)
  const set = signedData.find((one) => one[0] === 0xa0)
  return set === undefined ? [] : readInside(set).map((one) => parseCertificate(one))
}

/** The elements inside one. */
export function readInside(der: Buffer): Buffer[] {
  const parts: Buffer[] = []
  for (let at = headOf(der); at < der.length; ) {
    const rest = der.subarray(at)
    const length = headOf(rest) + contentLength(rest)
    parts.push(rest.subarray(0, length))
    at += length
  }
  return parts
}

const headOf = (der: Buffer): number => (der[1]! < 0x80 ? 2 : 2 + (der[1]! & 0x7f))
const contentLength = (der: Buffer): number =>
  der[1]! < 0x80 ? der[1]! : der.readUIntBE(2, der[1]! & 0x7f)
