// Where this verifier and Google's own (github.com/android/keyattestation) once disagreed and Google's was
// right, and where they are to go on agreeing.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  derBitString,
  derElement,
  derInteger,
  derOctetString,
  derOid,
  derSequence,
  parseCertificate,
  readDer,
  tags,
} from '@sallyport/pki'
import type { ReasonCode } from '@sallyport/problem'
import {
  keyDescriptionOid,
  makeAttestationBatch,
  makeDevelopmentRoot,
  writeCertificate,
  writeExtension,
  writeKeyDescription,
  writeName,
} from '@sallyport/virtual-device'
import { trustAnchor } from '../../src/index.ts'
import { checkOf, refusalsOf } from '../android-key/android-fixture.ts'
import {
  androidName,
  appraise,
  at,
  batches,
  certify,
  chainOf,
  honest,
  newKey,
  root,
  spki,
} from '../android-key/forged-chain.ts'

const dayMs = 86_400_000
const tee = writeName({ organisation: 'TEE', commonName: '2a' })

/** Refused by this check alone, with nothing proven, whatever the policy. */
function assertForged(chain: readonly Buffer[], code: ReasonCode): void {
  const result = appraise(chain, { policy: {}, minimumAssurance: undefined })
  assert.deepEqual(refusalsOf(result), [code])
  assert.equal(result.assurance, 'unattested')
}

function assertAccepted(chain: readonly Buffer[]): void {
  assert.deepEqual(refusalsOf(appraise(chain)), [])
}

/** Of P-256 (SEC 2 §2.4.2). */
const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex')

describe('a factory chain that is one certificate longer', () => {
  // Sixty days ahead, so that its certificates are all valid now.
  const phone = { root, securityLevel: 'tee', at: at + 60 * dayMs } as const
  const batch = makeAttestationBatch({ ...phone, provisioning: 'factory' })
  const middle = newKey()

  /** Below a key of the phone whose name and dates the app chose, and that nothing describes. */
  const extended = (subject: Buffer) => [
    certify({ signer: { name: subject, key: middle.key } }),
    certify({ signer: batch, subject, spki: middle.spki, description: null, notAfter: at + dayMs }),
    ...batch.chain,
  ]

  it('is none of remote provisioning, though the extra certificate is named like its batch', () => {
    assertForged(extended(tee), 'android_chain_shape_unknown')
  })
  it('is none either where it leaves the root out', () => {
    assertForged(extended(tee).slice(0, -1), 'android_chain_shape_unknown')
  })
  it('is none by any other name', () => {
    const google = writeName({ organisation: 'Google LLC', commonName: 'Droid CA3' })
    for (const name of [androidName, google, writeName({ serialNumber: '2a', title: 'TEE' })]) {
      assertForged(extended(name), 'android_chain_shape_unknown')
    }
  })
})

describe('a root that stands twice in a chain', () => {
  it('passes for no intermediate of a factory, which would spare its batch the dates', () => {
    // As Google's RSA root, this one has a serial number in its name.
    const google = makeDevelopmentRoot({ now: at })
    const name = writeName({ serialNumber: 'f92009e853b6b045' })
    const self = { name, key: google.key }
    const own = writeCertificate({
      signer: self,
      subject: name,
      spki: google.certificate.spki,
      notBefore: at - dayMs,
      notAfter: at + dayMs,
      extensions: [],
    })
    const middle = newKey()
    const batch = certify({
      signer: self,
      subject: tee,
      spki: middle.spki,
      description: null,
      notAfter: at - dayMs,
    })
    const leaf = certify({ signer: { name: tee, key: middle.key } })
    const anchors = [trustAnchor(parseCertificate(own))]
    const result = appraise([leaf, batch, own, own], {
      policy: {},
      trust: { anchors, statusList: undefined },
    })
    assert.equal(checkOf(result, 'chainShape').code, 'android_chain_shape_unknown')
    assert.equal(checkOf(result, 'dates').code, 'attestation_certificate_expired')
    assert.equal(result.assurance, 'unattested')
  })
})

describe('a member of an AuthorizationList', () => {
  const described = writeKeyDescription(honest).toString('hex')

  it('that is not EXPLICIT is malformed, and not one that nobody knows yet', () => {
    // [702] origin, constructed and primitive.
    const [explicit, implicit] = ['bf853e', '9f853e']
    assert.equal(described.split(explicit).length, 2)
    const description = Buffer.from(described.replace(explicit, implicit), 'hex')
    assertForged(chainOf({ description }), 'attestation_malformed')
  })
})

describe('a KeyDescription', () => {
  const extension = (id: Buffer) => derSequence(id, derOctetString(writeKeyDescription(honest)))
  const oid = derOid(keyDescriptionOid)
  const leafWith = (...extensions: Buffer[]) => [
    writeCertificate({
      signer: batches.remote,
      subject: androidName,
      spki,
      notBefore: 0,
      notAfter: at,
      extensions,
    }),
    ...batches.remote.chain,
  ]

  it('is found where it is critical', () => {
    assertAccepted(leafWith(writeExtension(keyDescriptionOid, writeKeyDescription(honest), true)))
  })
  it('that is there twice is malformed', () => {
    assertForged(leafWith(extension(oid), extension(oid)), 'attestation_malformed')
  })
  it('whose OID is written in another way is malformed, and not overlooked', () => {
    // An arc that begins with 80 is no other arc for it.
    const longer = derElement(tags.oid, Buffer.from('2b8006010401d679020111', 'hex'))
    assertForged(leafWith(extension(oid), extension(longer)), 'attestation_malformed')
  })
})

describe('the signature of a batch key', () => {
  const zero = derInteger(0)
  const forms: Readonly<Record<string, Buffer>> = {
    'of nothing': Buffer.alloc(0),
    'of zeros': derSequence(zero, zero),
    'of ones': derSequence(derInteger(1), derInteger(1)),
    'of the order of the curve': derSequence(derInteger(order), derInteger(order)),
    'of two numbers without DER': Buffer.alloc(64, 1),
  }
  const [leaf, ...above] = chainOf()
  assert.ok(leaf !== undefined)
  const fields = readDer(leaf).enter()
  const [tbs, algorithm] = [fields.next().whole, fields.next().whole]
  const signed = (signature: Buffer) => [
    derSequence(tbs, algorithm, derBitString(signature)),
    ...above,
  ]

  it('is verified where it is its own', () => {
    assertAccepted(signed(parseCertificate(leaf).signature))
  })
  for (const [name, signature] of Object.entries(forms)) {
    it(`${name} is none`, () => assertForged(signed(signature), 'attestation_signature_invalid'))
  }
  it('is none with something behind it', () => {
    const longer = Buffer.concat([parseCertificate(leaf).signature, Buffer.alloc(1)])
    assertForged(signed(longer), 'attestation_signature_invalid')
  })
})
