import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { makeDevelopmentRoot, writeCbor, writeName } from '@sallyport/virtual-device'
import { assurances } from '@sallyport/wire'
import { builtInRoots, trustAnchor } from '../../src/index.ts'
import {
  appraiseForged,
  authority,
  coseKey,
  forgeAttestation,
  keyIdOf,
  newKey,
  pointOf,
  receiptOf,
  refusalsOf,
  root,
  trust,
} from '../apple-app-attest/forged-attestation.ts'
import { leastCpuMilliseconds } from '../cpu-time.ts'
import {
  assertReally,
  attestReally,
  decodeReal,
  isRefused,
  one,
  other,
  withChain,
} from './real-app-attest.ts'

const flipLast = (bytes: Buffer): Buffer =>
  Buffer.from(bytes.with(bytes.length - 1, bytes.readUInt8(bytes.length - 1) ^ 1))

describe('a real attestation, and one forged in nothing, are accepted', () => {
  it('real', () => assert.deepEqual(refusalsOf(attestReally()), []))
  it('its assertion', () => assert.deepEqual(refusalsOf(assertReally()), []))
  it('forged', () => assert.deepEqual(refusalsOf(appraiseForged()), []))
})

describe('hostile App Attest attestations are refused, each with its own code', () => {
  it('wrong rpId: of another app', () => {
    isRefused(appraiseForged({ appId: 'ZZZZZ99999.com.example.other' }), 'app_attest_app_mismatch')
    isRefused(
      attestReally({ policy: { appIds: ['6MURL8TA57.de.vincent-haupert.other'] } }),
      'app_attest_app_mismatch',
    )
  })

  it('environment: of development where production is asked for', () => {
    isRefused(
      attestReally({ policy: { environments: ['production'] } }),
      'app_attest_environment_not_allowed',
    )
  })

  it('environment: of none', () => {
    isRefused(
      appraiseForged({ aaguid: Buffer.from('appattestsandbox') }),
      'app_attest_environment_unknown',
      'app_attest_environment_not_allowed',
    )
  })

  it('counter: not zero', () => {
    isRefused(appraiseForged({ counter: 1 }), 'app_attest_counter_not_zero')
    isRefused(appraiseForged({ counter: 0xffff_ffff }), 'app_attest_counter_not_zero')
  })

  it('credential id: of another key, too short, too long, empty', () => {
    for (const length of [32, 31, 33, 0, 64]) {
      isRefused(
        appraiseForged({ credentialId: randomBytes(length) }),
        'app_attest_credential_id_mismatch',
      )
    }
  })

  it('key id of the message: of another key', () => {
    isRefused(appraiseForged({}, { keyId: keyIdOf(newKey()) }), 'app_attest_key_id_mismatch')
    isRefused(attestReally({ keyId: other.key.keyId }), 'app_attest_key_id_mismatch')
  })

  it('nonce: another challenge, or a key to be certified that is not the one asked about', () => {
    isRefused(appraiseForged({ clientData: randomBytes(32) }), 'app_attest_nonce_mismatch')
    isRefused(attestReally({ clientData: randomBytes(32) }), 'app_attest_nonce_mismatch')
  })

  it('nonce: none', () => {
    isRefused(appraiseForged({ nonce: undefined }), 'app_attest_nonce_mismatch')
    isRefused(appraiseForged({ nonce: Buffer.from('0500', 'hex') }), 'app_attest_nonce_mismatch')
  })

  it('trailing bytes: after the object', () => {
    isRefused(appraiseForged({ trailing: Buffer.from([0]) }), 'app_attest_trailing_bytes')
    isRefused(
      attestReally({ attestation: Buffer.concat([one.attestation, one.attestation]) }),
      'app_attest_trailing_bytes',
    )
  })

  it('trailing bytes: in the authenticator data, with the map of iOS 27 and without', () => {
    const map = writeCbor(new Map([['apple_bundle_version_01', '1']]))
    for (const appended of ['00', '40', `${map.toString('hex')}00`, `${map.toString('hex')}a0`]) {
      isRefused(
        appraiseForged({ appended: Buffer.from(appended, 'hex') }),
        'app_attest_trailing_bytes',
      )
    }
  })

  it('10 MB of CBOR, in less than 50 ms', () => {
    const attestation = Buffer.concat([Buffer.from('5a00a00000', 'hex'), Buffer.alloc(10_485_760)])
    isRefused(attestReally({ attestation }), 'attestation_too_large')
    assert.ok(leastCpuMilliseconds(() => attestReally({ attestation })) < 50)
  })

  it('a byte string that says it has 10 MB', () => {
    const attestation = Buffer.from('a163666d745a00a0000000', 'hex')
    isRefused(attestReally({ attestation }), 'attestation_malformed')
  })

  it('deep nesting: as the object, and in what is appended', () => {
    isRefused(
      attestReally({ attestation: Buffer.alloc(30_000, 0x81) }),
      'app_attest_nested_too_deep',
    )
    const deep = Buffer.concat([Buffer.from('a16161', 'hex'), Buffer.alloc(1_000, 0x81)])
    isRefused(appraiseForged({ appended: deep }), 'app_attest_nested_too_deep')
  })

  it('leaf swapped: for the real leaf of another phone', () => {
    const [leaf] = decodeReal(other.attestation).chain
    const attestation = withChain(one.attestation, ([, ca]) => [leaf!, ca!])
    const result = attestReally({ attestation, at: other.at })
    assert.ok(refusalsOf(result).includes('app_attest_credential_id_mismatch'))
    assert.ok(refusalsOf(result).includes('app_attest_nonce_mismatch'))
    assert.equal(result.assurance, 'unattested')
  })

  it('leaf swapped: for one that its own key signed, in the name of the CA', () => {
    const key = newKey()
    const signer = { name: authority.name, key: newKey('P-384').privateKey }
    isRefused(appraiseForged({ key, signer }), 'attestation_signature_invalid')
  })

  it('a root from the evidence', () => {
    const appAttest = { anchors: builtInRoots.appAttest }
    const untrusting = { trust: { ...trust, appAttest } }
    isRefused(appraiseForged({}, untrusting), 'attestation_root_untrusted')
    const chain = (leaf: Buffer) => [leaf, authority.der, root.certificate.der]
    const result = appraiseForged({ chain }, untrusting)
    assert.ok(refusalsOf(result).includes('attestation_root_untrusted'))
    assert.equal(result.assurance, 'unattested')
    isRefused(attestReally({ trust }), 'attestation_root_untrusted', 'app_attest_receipt_invalid')
  })

  it('a root of the name of a trusted one', () => {
    const anchors = [trustAnchor(makeDevelopmentRoot().certificate)]
    const result = appraiseForged({}, { trust: { ...trust, appAttest: { anchors } } })
    isRefused(result, 'attestation_signature_invalid')
  })

  it('one signature flipped, at every position', () => {
    for (const position of [0, 1]) {
      const attestation = withChain(one.attestation, (chain) =>
        chain.map((der, index) => (index === position ? flipLast(der) : der)),
      )
      isRefused(attestReally({ attestation }), 'attestation_signature_invalid')
    }
  })

  it('a chain extended: by the attested key, which signs another', () => {
    const attested = newKey()
    const name = writeName({ commonName: 'Forged leaf' })
    const [leaf] = decodeReal(forgeAttestation({ key: attested })).chain
    const signer = { name, key: attested.privateKey }
    const chain = (own: Buffer) => [own, leaf!, authority.der]
    isRefused(appraiseForged({ signer, chain }), 'app_attest_issuer_not_ca')
  })

  it('a leaf that the root itself issued', () => {
    const signer = { name: root.name, key: root.key }
    isRefused(appraiseForged({ signer, chain: (own) => [own] }), 'app_attest_issuer_not_ca')
  })

  it('dates: a week after its certificate ended', () => {
    isRefused(attestReally({ at: one.at + 7 * 86_400_000 }), 'attestation_certificate_expired')
  })

  it('another credential key than the one of the certificate, or none that is ES256', () => {
    const key = newKey()
    const foreign = coseKey(pointOf(newKey()))
    const otherAlgorithm = coseKey(pointOf(key)).set(3, -35)
    const surplus = coseKey(pointOf(key)).set(4, 1)
    for (const credentialKey of [foreign, otherAlgorithm, surplus, new Map()]) {
      isRefused(appraiseForged({ key, credentialKey }), 'app_attest_credential_key_mismatch')
    }
  })

  it('a key of another kind', () => {
    const result = appraiseForged({ key: newKey('P-384') })
    assert.ok(refusalsOf(result).includes('app_attest_key_kind'))
    assert.equal(result.assurance, 'unattested')
  })

  it('another format', () => {
    isRefused(appraiseForged({ format: 'apple' }), 'app_attest_format_unknown')
  })

  it('no receipt, one of another key, one of another app, one that is none', () => {
    const key = newKey()
    const [leaf] = decodeReal(forgeAttestation({ key })).chain
    assert.ok(leaf !== undefined)
    const foreign = decodeReal(forgeAttestation()).receipt
    const ofOtherApp = receiptOf(leaf, 'ZZZZZ99999.com.example.other')
    for (const receipt of [undefined, foreign, ofOtherApp, Buffer.from('3080', 'hex')]) {
      const result = appraiseForged({ key, receipt })
      isRefused(result, 'app_attest_receipt_invalid')
      assert.equal(result.assurance, 'app-attested')
      assert.equal(result.appAttestKey?.receipt, undefined)
    }
  })

  it('a software key under App Attest claimed as secure-enclave', () => {
    for (const minimumAssurance of ['tee', 'secure-enclave', 'strongbox'] as const) {
      const result = attestReally({ minimumAssurance })
      isRefused(result, 'attestation_assurance_too_low')
      assert.equal(result.assurance, 'app-attested')
    }
    for (const assurance of assurances) {
      const result = attestReally({ minimumAssurance: assurance })
      assert.equal(result.assurance, 'app-attested')
    }
  })
})
