import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import type { ReasonCode } from '@sallyport/problem'
import fc from 'fast-check'
import { assurances, toBase64url } from '@sallyport/wire'
import { makeDevelopmentRoot, writeCbor, writeName } from '@sallyport/virtual-device'
import type { CborMap } from '../../src/cbor/cbor-value.ts'
import { decodeCbor } from '../../src/cbor/decode-cbor.ts'
import {
  type AppAttestKey,
  appraiseAppAttestation,
  appraiseAssertion,
  type AttestationResult,
  builtInRoots,
  evidenceFormats,
  readReceipt,
  trustAnchor,
} from '../../src/index.ts'
import {
  appId,
  appraiseForged,
  at,
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
import { appAttestEntries, appIdOf, spkiOf } from '../fixtures.ts'

type Bytes = Parameters<typeof writeCbor>[0]

function isRefused(result: AttestationResult, ...codes: ReasonCode[]) {
  assert.equal(result.accepted, false)
  assert.deepEqual(refusalsOf(result), codes)
}

/** The real objects, in pairs: an attestation and an assertion by its key. */
const [one, other] = ['ios-14.2.yaml', 'ios-14.3.yaml'].map((name) => {
  const entries = appAttestEntries.filter(({ file }) => file === name)
  const attestation = entries.find((entry) => entry.type === 'attestation')
  const assertion = entries.find((entry) => entry.type === 'assertion')
  assert.ok(attestation?.type === 'attestation' && assertion?.type === 'assertion')
  const key: AppAttestKey = {
    keyId: attestation.keyIdBase64,
    spki: spkiOf(attestation),
    counter: 0,
    environment: 'development',
    appId: appIdOf(attestation),
  }
  return {
    key,
    at: Date.parse(attestation.timestamp),
    clientData: Buffer.from(attestation.clientDataBase64, 'base64'),
    attestation: Buffer.from(attestation.attestationBase64, 'base64'),
    assertion: Buffer.from(assertion.assertionBase64, 'base64'),
  }
}) as [Real, Real]
type Real = {
  key: AppAttestKey
  at: number
  clientData: Buffer
  attestation: Buffer
  assertion: Buffer
}

type AttestationOptions = Partial<Parameters<typeof appraiseAppAttestation>[0]>
const attestReally = (options: AttestationOptions = {}) =>
  appraiseAppAttestation({
    attestation: one.attestation,
    keyId: one.key.keyId,
    clientData: one.clientData,
    at: one.at,
    trust: {
      appAttest: { anchors: builtInRoots.appAttest },
      appAttestReceipts: { anchors: builtInRoots.appAttestReceipts },
    },
    policy: { appIds: [one.key.appId], environments: ['development'] },
    ...options,
  })

type AssertionOptions = Partial<Parameters<typeof appraiseAssertion>[0]>
const assertReally = (options: AssertionOptions = {}) =>
  appraiseAssertion({
    assertion: one.assertion,
    clientData: one.clientData,
    key: one.key,
    keyId: one.key.keyId,
    policy: { appIds: [one.key.appId], environments: ['development'] },
    ...options,
  })

/** A real attestation with its certificates replaced. */
function withChain(attestation: Buffer, change: (chain: readonly Buffer[]) => readonly Buffer[]) {
  const object = decodeCbor(attestation) as CborMap
  const statement = object.get('attStmt') as CborMap
  const chain = change(statement.get('x5c') as readonly Buffer[])
  const changed = new Map(object).set('attStmt', new Map(statement).set('x5c', chain))
  return writeCbor(changed as Bytes)
}

/** Of several runs: what else the machine does counts for nothing. */
function leastMilliseconds(work: () => unknown): number {
  const runs = [1, 2, 3, 4, 5].map(() => {
    const started = performance.now()
    work()
    return performance.now() - started
  })
  return Math.min(...runs)
}

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
    assert.ok(leastMilliseconds(() => attestReally({ attestation })) < 50)
  })

  it('10 MB of CBOR as evidence of the device API', async () => {
    const attestation = 'WgCgAAAA'.repeat(1_747_627)
    const evidence = { format: 'apple-app-attest', keyId: one.key.keyId, attestation }
    isRefused(await appraiseEvidence(evidence), 'attestation_too_large')
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

describe('whatever bytes of a real object are changed', () => {
  const changes = (length: number) =>
    fc.array(fc.tuple(fc.nat(length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 })
  const changed = (bytes: Buffer, at: readonly (readonly [number, number])[]) => {
    const copy = Buffer.from(bytes)
    for (const [position, byte] of at) copy.writeUInt8(byte, position)
    return copy
  }

  it('an attestation is never about another key, app or environment, and nothing is thrown', () => {
    const { receipt: _, ...key } = attestReally().appAttestKey ?? {}
    fc.assert(
      fc.property(changes(one.attestation.length), (at) => {
        const result = attestReally({ attestation: changed(one.attestation, at) })
        const { receipt: _, ...found } = result.appAttestKey ?? {}
        if (result.assurance === 'app-attested') assert.deepEqual(found, key)
        else assert.equal(result.appAttestKey, undefined)
      }),
      { numRuns: 400 },
    )
  })

  it('a receipt is refused, or says what it said', () => {
    const { receipt } = decodeReal(one.attestation)
    const anchors = builtInRoots.appAttestReceipts
    const { claims } = readReceipt(receipt, { anchors })
    fc.assert(
      fc.property(changes(receipt.length), (at) => {
        const result = readReceipt(changed(receipt, at), { anchors })
        if (result.accepted) assert.deepEqual(result.claims, claims)
      }),
      { numRuns: 400 },
    )
  })
})

describe('hostile App Attest assertions are refused, each with its own code', () => {
  it('equal or lower counter', () => {
    for (const counter of [1, 2, 0xffff_ffff]) {
      isRefused(assertReally({ key: { ...one.key, counter } }), 'app_attest_counter_not_risen')
    }
  })

  it('two at once: the second finds the counter of the first', () => {
    const { appAttestKey } = assertReally()
    assert.ok(appAttestKey !== undefined)
    isRefused(assertReally({ key: appAttestKey }), 'app_attest_counter_not_risen')
  })

  it("another device's, under its own key id or under this one's", () => {
    const { assertion } = other
    isRefused(assertReally({ assertion }), 'app_attest_assertion_signature_invalid')
    isRefused(
      assertReally({ assertion, keyId: other.key.keyId }),
      'app_attest_other_key',
      'app_attest_assertion_signature_invalid',
    )
  })

  it('wrong challenge, or another key to be certified', () => {
    isRefused(
      assertReally({ clientData: randomBytes(32) }),
      'app_attest_assertion_signature_invalid',
    )
  })

  it('of another app', () => {
    isRefused(assertReally({ key: { ...one.key, appId } }), 'app_attest_app_mismatch')
    isRefused(assertReally({ policy: { appIds: [appId] } }), 'app_attest_app_mismatch')
  })

  it('of another environment', () => {
    isRefused(
      assertReally({ policy: { environments: ['production'] } }),
      'app_attest_environment_not_allowed',
    )
  })

  it('one bit flipped, anywhere', () => {
    for (let position = 0; position < one.assertion.length; position++) {
      const byte = one.assertion.readUInt8(position) ^ 1
      const assertion = Buffer.from(one.assertion.with(position, byte))
      const result = assertReally({ assertion })
      assert.equal(result.accepted, false, `byte ${position}`)
      assert.equal(result.assurance, 'unattested')
    }
  })

  it('trailing bytes', () => {
    const assertion = Buffer.concat([one.assertion, Buffer.from([0])])
    isRefused(assertReally({ assertion }), 'app_attest_trailing_bytes')
  })

  it('10 MB of CBOR, deep nesting', () => {
    isRefused(assertReally({ assertion: Buffer.alloc(10_485_760) }), 'attestation_too_large')
    isRefused(assertReally({ assertion: Buffer.alloc(4_000, 0x81) }), 'app_attest_nested_too_deep')
  })

  it('claimed as secure-enclave', () => {
    isRefused(assertReally({ minimumAssurance: 'secure-enclave' }), 'attestation_assurance_too_low')
  })
})

describe('a device renews with an assertion by its registered key, and enrols with an attestation', () => {
  it('renewal with an attestation, of another key or of its own', async () => {
    const evidence = {
      format: 'apple-app-attest',
      keyId: one.key.keyId,
      attestation: toBase64url(one.attestation),
    }
    for (const appAttestKey of [one.key, other.key]) {
      const result = await appraiseEvidence(evidence, { appAttestKey })
      assert.equal(result.accepted, false)
      assert.ok(refusalsOf(result).includes('app_attest_assertion_required'))
      assert.equal(result.assurance, 'unattested')
      assert.equal(result.appAttestKey, undefined)
    }
  })

  it('enrolment with an assertion', async () => {
    const evidence = {
      format: 'apple-app-attest',
      keyId: one.key.keyId,
      assertion: toBase64url(one.assertion),
    }
    isRefused(await appraiseEvidence(evidence), 'app_attest_attestation_required')
  })
})

const challenge = randomBytes(32)
const { spki } = newKey()
function appraiseEvidence(
  evidence: { format: string },
  context: { appAttestKey?: AppAttestKey } = {},
) {
  const format = evidenceFormats['apple-app-attest']
  assert.ok(format !== undefined)
  return format.appraise(evidence, {
    challenge,
    spki,
    at,
    trust: {
      ...trust,
      android: { anchors: [], statusList: undefined },
      managedDevices: { anchors: [] },
    },
    policy: {},
    ...context,
  })
}

function decodeReal(attestation: Buffer) {
  const object = decodeCbor(attestation) as CborMap
  const statement = object.get('attStmt') as CborMap
  return {
    authData: object.get('authData') as Buffer,
    chain: statement.get('x5c') as readonly Buffer[],
    receipt: statement.get('receipt') as Buffer,
  }
}
