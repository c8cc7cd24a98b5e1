import { type Assurance, newId } from '@sallyport/wire'
import type { Certificate } from '../src/certificate.ts'
import { createRoot, issueDeviceCa } from '../src/issue/issue-authority.ts'
import { issueDeviceCertificate } from '../src/issue/issue-device-certificate.ts'
import type { KeyKind } from '../src/key-kind.ts'
import type { PublishedAddresses } from '../src/revocation/distribution-point.ts'
import { generateKey, type KeyPair, signingKeyOf } from '../src/signing-key.ts'
import type { TrustBundle, TrustIssuer } from '../src/trust-bundle.ts'

export type TestCa = { certificate: Certificate; key: KeyPair }

export const dayMs = 24 * 60 * 60_000

export const issuerOf = ({ certificate, key }: TestCa) => ({ certificate, key: signingKeyOf(key) })

export async function testRoot(
  kind: 'device' | 'service' | 'development' = 'device',
  keyKind: KeyKind = 'ec-p256',
  now = Date.now(),
): Promise<TestCa> {
  const key = await generateKey(keyKind)
  const certificate = await createRoot({
    key: signingKeyOf(key),
    commonName: `Test ${kind} root`,
    kind,
    now,
  })
  return { certificate, key }
}

export async function testDeviceCa(
  root: TestCa,
  options: {
    appId?: string
    trustDomain?: string
    kind?: 'device' | 'development'
    keyKind?: KeyKind
    now?: number
  } = {},
): Promise<TestCa> {
  const key = await generateKey(options.keyKind ?? 'ec-p256')
  const certificate = await issueDeviceCa({
    root: issuerOf(root),
    key: signingKeyOf(key),
    appId: options.appId ?? 'wallet',
    trustDomain: options.trustDomain ?? 'example.com',
    kind: options.kind ?? 'device',
    now: options.now ?? Date.now(),
  })
  return { certificate, key }
}

export async function testDevice(
  ca: TestCa,
  options: {
    appId?: string
    trustDomain?: string
    deviceId?: string
    assurance?: Assurance
    keyKind?: KeyKind
    predecessors?: string[]
    published?: PublishedAddresses
    now?: number
  } = {},
): Promise<{ certificate: Certificate; key: KeyPair; deviceId: string }> {
  const key = await generateKey(options.keyKind ?? 'ec-p256')
  const now = options.now ?? Date.now()
  const deviceId = options.deviceId ?? newId('device')
  const certificate = await issueDeviceCertificate({
    issuer: issuerOf(ca),
    spki: signingKeyOf(key).spki,
    trustDomain: options.trustDomain ?? 'example.com',
    appId: options.appId ?? 'wallet',
    deviceId,
    assurance: options.assurance ?? 'tee',
    facts: {
      platform: 'android',
      appVersion: '2.4.1',
      osPatchLevel: '2026-11-01',
      appraisedAt: now,
    },
    predecessors: options.predecessors ?? [],
    published: options.published,
    notBefore: now - 300_000,
    notAfter: now + 7 * dayMs,
  })
  return { certificate, key, deviceId }
}

export function bundleOf(...issuers: TrustIssuer[]): TrustBundle {
  return { version: 1, issuers, allowDevelopment: false }
}

export function ownIssuer(ca: TestCa): TrustIssuer {
  return {
    certificate: ca.certificate,
    own: true,
    kind: 'device',
    trustDomain: 'example.com',
    appId: 'wallet',
  }
}

export function foreignIssuer(ca: TestCa, trustDomain = 'partner.example'): TrustIssuer {
  return { certificate: ca.certificate, own: false, kind: 'device', trustDomain }
}
