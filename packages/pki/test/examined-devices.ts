import assert from 'node:assert/strict'
import { oids } from '../src/oids.ts'
import { derSequence } from '../src/der/der-writer.ts'
import { generateKey, signingKeyOf } from '../src/signing-key.ts'
import type { TrustBundle } from '../src/trust-bundle.ts'
import {
  type Check,
  type DeviceIdentity,
  verifyDeviceCertificate,
} from '../src/verify-device-certificate.ts'
import { extension, extensionField, type ForgedParts, forge, leafExtensions } from './forge.ts'
import {
  bundleOf,
  foreignIssuer,
  ownIssuer,
  type TestCa,
  testDeviceCa,
  testRoot,
} from './test-authority.ts'

/** What a gateway of example.com believes, and the means to make what it should not. */
export type Examination = {
  root: TestCa
  /** Own, for the app wallet of example.com. */
  ca: TestCa
  /** Not own, for partner.example. */
  partner: TestCa
  developmentCa: TestCa
  /** All three, development not allowed. */
  bundle: TrustBundle
  /** A good leaf with some of its extensions changed or, where null, left out. */
  changed: (
    changes: Readonly<Record<string, Buffer | null>>,
    issuer?: TestCa,
    parts?: Partial<ForgedParts>,
  ) => Buffer
  accept: (der: Uint8Array, trust?: TrustBundle) => DeviceIdentity
  refuse: (der: Uint8Array, trust?: TrustBundle) => Check
}

export async function prepareExamination(): Promise<Examination> {
  const root = await testRoot()
  const ca = await testDeviceCa(root)
  const partner = await testDeviceCa(await testRoot(), { trustDomain: 'partner.example' })
  const developmentCa = await testDeviceCa(await testRoot('development'), {
    trustDomain: 'dev.example.com',
    kind: 'development',
  })
  const { spki } = signingKeyOf(await generateKey('ec-p256'))
  const bundle = bundleOf(ownIssuer(ca), foreignIssuer(partner), {
    certificate: developmentCa.certificate,
    own: true,
    kind: 'development',
    trustDomain: 'dev.example.com',
    appId: 'wallet',
  })
  return {
    root,
    ca,
    partner,
    developmentCa,
    bundle,
    changed: (changes, issuer = ca, parts = {}) =>
      forge(issuer, spki, {
        rest: extensionField(...leafExtensions(issuer.certificate, parts.spki ?? spki, changes)),
        ...parts,
      }),
    accept: (der, trust = bundle) => {
      const verification = verifyDeviceCertificate(der, trust)
      assert.ok(verification.ok, JSON.stringify(verification))
      return verification.device
    },
    refuse: (der, trust = bundle) => {
      const verification = verifyDeviceCertificate(der, trust)
      assert.ok(!verification.ok)
      return verification.failed
    },
  }
}

/** The subject alternative name of these names. */
export const named = (...names: Buffer[]): Buffer =>
  extension(oids.subjectAlternativeName, derSequence(...names), true)
