// What at least one other open verifier of App Attest takes (node-app-attest 1.0.1, appattest-checker-node
// 1.0.3, pyattest 1.0.5), and this one does not.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { derContext, derOctetString, derSequence } from '@sallyport/pki'
import type { ReasonCode } from '@sallyport/problem'
import { writeCertificate, writeExtension, writeName } from '@sallyport/virtual-device'
import { appraiseAppAttestation } from '../../src/index.ts'
import {
  appId,
  appraiseForged,
  at,
  type AttestationParts,
  authority,
  clientData,
  forgeAttestation,
  newKey,
  nonceExtension,
  production,
  refusalsOf,
  root,
  trust,
} from '../apple-app-attest/forged-attestation.ts'

const nonceOid = '1.2.840.113635.100.8.2'
const wrong = Buffer.alloc(32, 9)

const cases: Readonly<Record<string, [Partial<AttestationParts>, ReasonCode]>> = {
  'an environment that only begins like one': [
    { aaguid: Buffer.concat([production.subarray(0, 9), Buffer.alloc(7, 1)]) },
    'app_attest_environment_unknown',
  ],
  'a second nonce in an extension of its own': [
    { extensions: [writeExtension(nonceOid, nonceExtension(wrong))] },
    'attestation_malformed',
  ],
  'a nonce behind another in the same extension': [
    {
      nonce: derSequence(
        derContext(1, derOctetString(wrong)),
        derContext(1, derOctetString(wrong)),
      ),
    },
    'app_attest_nonce_mismatch',
  ],
  'a certificate beside those of the chain': [
    { chain: (leaf) => [leaf, authority.der, authority.der] },
    'app_attest_issuer_not_ca',
  ],
  'a leaf of the root itself, with the CA beside it': [
    { signer: { name: root.name, key: root.key } },
    'attestation_signature_invalid',
  ],
}

describe('an attestation', () => {
  it('is accepted where nothing is forged', () => {
    assert.deepEqual(refusalsOf(appraiseForged()), [])
  })
  for (const [name, [parts, code]] of Object.entries(cases)) {
    it(`with ${name} is refused`, () => {
      const result = appraiseForged(parts)
      assert.ok(refusalsOf(result).includes(code), refusalsOf(result).join(' '))
      assert.equal(result.assurance, 'unattested')
      assert.equal(result.appAttestKey, undefined)
    })
  }

  it('by an attested key whose certificate has the name of the CA is refused', () => {
    const phone = newKey()
    const dates = { notBefore: at - 1_000, notAfter: at + 1_000 }
    const signer = { name: authority.name, key: authority.privateKey }
    const subject = authority.name
    const own = writeCertificate({ signer, subject, spki: phone.spki, extensions: [], ...dates })
    const result = appraiseForged({
      signer: { name: authority.name, key: phone.privateKey },
      chain: (leaf) => [leaf, own, authority.der],
    })
    assert.deepEqual(refusalsOf(result), ['app_attest_issuer_not_ca'])
  })

  it('below another CA of the name of the right one is refused', () => {
    const forger = newKey('P-384')
    const result = appraiseForged({
      signer: { name: authority.name, key: forger.privateKey },
      chain: (leaf) => [
        leaf,
        writeCertificate({
          signer: { name: writeName({ commonName: 'Forged root' }), key: forger.privateKey },
          subject: authority.name,
          spki: forger.spki,
          notBefore: at - 1_000,
          notAfter: at + 1_000,
          extensions: [],
        }),
      ],
    })
    assert.ok(refusalsOf(result).includes('attestation_root_untrusted'))
    assert.equal(result.assurance, 'unattested')
  })
})

describe('the CBOR of an attestation', () => {
  const genuine = forgeAttestation()
  const appraiseBytes = (attestation: Buffer) =>
    appraiseAppAttestation({ attestation, clientData, at, trust, policy: { appIds: [appId] } })

  const encodings: Readonly<Record<string, Buffer>> = {
    // a3, a map of three, with its length in a byte of its own, and without end.
    'in a long form': Buffer.concat([Buffer.from('b803', 'hex'), genuine.subarray(1)]),
    'of indefinite length': Buffer.concat([
      Buffer.from('bf', 'hex'),
      genuine.subarray(1),
      Buffer.from('ff', 'hex'),
    ]),
    'under a tag': Buffer.concat([Buffer.from('d9d9f7', 'hex'), genuine]),
    'with authData twice': Buffer.concat([
      Buffer.from('a4', 'hex'),
      genuine.subarray(1),
      Buffer.from('686175746844617461', 'hex'),
      Buffer.from('40', 'hex'),
    ]),
  }
  it('is read as the phone wrote it', () => {
    assert.deepEqual(refusalsOf(appraiseBytes(genuine)), [])
  })
  for (const [name, bytes] of Object.entries(encodings)) {
    it(`${name} is malformed`, () => {
      assert.deepEqual(refusalsOf(appraiseBytes(bytes)), ['attestation_malformed'])
    })
  }
})
