import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { derSequence, parseCertificate } from '@sallyport/pki'
import { type ReasonCode, reasonOf } from '@sallyport/problem'
import {
  keyDescriptionOid,
  makeAttestationBatch,
  makeDevelopmentRoot,
  writeCertificate,
  writeExtension,
  writeKeyDescription,
  writeName,
} from '@sallyport/virtual-device'
import { parseStatusList } from '../../src/index.ts'
import { checkOf, refusalsOf } from './android-fixture.ts'
import {
  anchor,
  appraise,
  at,
  attestedChain,
  attestKey,
  batches,
  certify,
  chainOf,
  honest,
  newKey,
  root,
  withHardware,
} from './forged-chain.ts'

/** Refused by this code, by no other check, and with nothing proven. */
function assertForged(chain: readonly Uint8Array[], code: ReasonCode): void {
  const result = appraise(chain)
  assert.deepEqual(refusalsOf(result), [code])
  assert.equal(result.accepted, false)
  assert.equal(result.assurance, 'unattested')
  assert.deepEqual(result.facts, {})
  assert.equal(reasonOf(code).publicCode, 'evidence_refused')
}

/** A genuine key, refused by policy with this code alone. */
function assertRefused(chain: readonly Uint8Array[], code: ReasonCode): void {
  const result = appraise(chain)
  assert.deepEqual(refusalsOf(result), [code])
  assert.equal(result.accepted, false)
  assert.equal(result.assurance, 'tee')
}

/** The last byte of a certificate is the last of its signature. */
function flipped(der: Buffer): Buffer {
  const copy = Buffer.from(der)
  copy.writeUInt8(copy.readUInt8(copy.length - 1) ^ 1, copy.length - 1)
  return copy
}

it('an honest phone is accepted by the policy of these tests', () => {
  const result = appraise(chainOf())
  assert.deepEqual(refusalsOf(result), [])
  assert.ok(result.accepted)
  assert.equal(result.assurance, 'tee')
  const unchecked = result.checks.filter(({ outcome }) => outcome === 'unchecked')
  assert.deepEqual(
    unchecked.map(({ name }) => name),
    ['attestKeyAllowed', 'attestKeyBinding', 'notRevoked', 'notSuspended', 'statusListAge'],
  )
})

describe('a chain hung below an attested key that signs', () => {
  const signing = withHardware({ purposes: [2, 3] })

  it('is refused with a forged attestation in its leaf', () => {
    assertForged(attestedChain(signing), 'android_chain_extended')
  })
  it('is refused without one', () => {
    const result = appraise(attestedChain(signing, { description: null }))
    const codes = ['android_key_description_missing', 'android_chain_extended']
    assert.deepEqual(refusalsOf(result), codes)
    assert.equal(result.assurance, 'unattested')
  })
  it('is refused below a factory key too', () => {
    const result = appraise(attestedChain(signing, {}, 'factory'), { policy: {} })
    assert.deepEqual(refusalsOf(result), ['android_chain_extended'])
  })
  it('is refused where policy allows attesting keys', () => {
    const result = appraise(attestedChain(signing), { policy: { allowAttestKey: true } })
    assert.deepEqual(refusalsOf(result), ['android_chain_extended'])
  })
  it('is refused below a key that may attest and sign', () => {
    assertForged(attestedChain(withHardware({ purposes: [7, 2] })), 'android_chain_extended')
  })
  it('is refused with certificates in between', () => {
    const [middle, other] = [newKey(), newKey()]
    const name = writeName({ serialNumber: '01', organisation: 'TEE' })
    const chain = [
      certify({ signer: { name, key: other.key } }),
      certify({
        signer: { name, key: middle.key },
        subject: name,
        spki: other.spki,
        description: null,
      }),
      certify({ subject: name, spki: middle.spki, description: signing }),
      ...batches.remote.chain,
    ]
    const codes = ['android_chain_shape_unknown', 'android_key_description_in_intermediate']
    const found = refusalsOf(appraise(chain))
    for (const code of codes) assert.ok(found.includes(code), found.join(' '))
  })
})

describe('an attestation in an intermediate', () => {
  it('is refused', () => {
    const [upper, lower] = [newKey(), newKey()]
    const upperName = writeName({ serialNumber: '02', title: 'TEE' })
    const lowerName = writeName({ serialNumber: '01', title: 'TEE' })
    const dates = { notBefore: at - 1_000, notAfter: at + 1_000 }
    const description = writeExtension(keyDescriptionOid, writeKeyDescription(honest))
    const chain = [
      certify({ signer: { name: lowerName, key: lower.key } }),
      writeCertificate({
        signer: { name: upperName, key: upper.key },
        subject: lowerName,
        spki: lower.spki,
        ...dates,
        extensions: [],
      }),
      writeCertificate({
        signer: root,
        subject: upperName,
        spki: upper.spki,
        ...dates,
        extensions: [description],
      }),
      root.certificate.der,
    ]
    const result = appraise(chain, { policy: {} })
    assert.deepEqual(refusalsOf(result), ['android_key_description_in_intermediate'])
    assert.equal(result.assurance, 'unattested')
  })
})

describe('a root that is not configured', () => {
  const own = makeDevelopmentRoot({ now: at })
  const ownBatch = makeAttestationBatch({
    root: own,
    provisioning: 'remote',
    securityLevel: 'tee',
    at,
  })
  const chain = [certify({ signer: ownBatch }), ...ownBatch.chain]

  it('is not believed for being in the evidence, nor for the name of one that is', () => {
    assert.ok(own.certificate.subject.equals(anchor.subject))
    assertForged(chain, 'attestation_root_untrusted')
  })
  it('is not believed for being left out of it', () => {
    assertForged(chain.slice(0, -1), 'attestation_signature_invalid')
  })
  it('does not pass with the genuine one after it', () => {
    assertForged([...chain.slice(0, -1), root.certificate.der], 'attestation_signature_invalid')
  })
})

describe('signatures', () => {
  const chain = chainOf()
  for (const position of chain.keys()) {
    it(`one flipped bit in that of certificate ${position} refuses`, () => {
      const broken = chain.map((der, index) => (index === position ? flipped(der) : der))
      assertForged(broken, 'attestation_signature_invalid')
      assert.match(
        checkOf(appraise(broken), 'signatures').found,
        new RegExp(`certificate ${position} `),
      )
    })
  }
  for (const position of chain.keys()) {
    if (position === chain.length - 1) continue
    it(`one flipped bit in that of certificate ${position} refuses without the root too`, () => {
      const broken = chain.map((der, index) => (index === position ? flipped(der) : der))
      assertForged(broken.slice(0, -1), 'attestation_signature_invalid')
    })
  }
  it('certificates in another order refuse', () => {
    const [leaf, one, other, ...rest] = chain
    const swapped = [leaf, other, one, ...rest].filter((der) => der !== undefined)
    assert.ok(refusalsOf(appraise(swapped)).includes('attestation_signature_invalid'))
  })
})

describe('a swapped leaf', () => {
  it('of another phone is refused by its signature', () => {
    const other = makeAttestationBatch({
      root,
      provisioning: 'remote',
      securityLevel: 'tee',
      at,
    })
    const [, ...above] = chainOf()
    const sameName = certify({ signer: { name: batches.remote.name, key: other.key } })
    assertForged([sameName, ...above], 'attestation_signature_invalid')
    const found = refusalsOf(appraise([certify({ signer: other }), ...above]))
    assert.deepEqual(found, ['attestation_names_broken', 'attestation_signature_invalid'])
  })
  it('of the same phone and another key is refused', () => {
    assertForged(chainOf({ spki: newKey().spki }), 'attestation_key_mismatch')
  })
})

describe('challenges', () => {
  const made = (attestationChallenge: Buffer) =>
    chainOf({ description: { ...honest, attestationChallenge } })
  it('of another enrolment are refused, as those that were sent before', () => {
    assertForged(made(Buffer.alloc(32, 1)), 'attestation_challenge_mismatch')
  })
  it('that begin like the right one are refused', () => {
    assertForged(
      made(honest.attestationChallenge.subarray(0, 31) as Buffer),
      'attestation_challenge_mismatch',
    )
    const longer = Buffer.concat([honest.attestationChallenge, Buffer.alloc(1)])
    assertForged(made(longer), 'attestation_challenge_mismatch')
    assertForged(made(Buffer.alloc(0)), 'attestation_challenge_mismatch')
  })
})

describe('apps', () => {
  const { softwareEnforced } = honest
  const madeBy = (name: string, digest: Buffer) => ({
    ...honest,
    softwareEnforced: {
      ...softwareEnforced,
      attestationApplicationId: { packages: [{ name, version: 7 }], signerDigests: [digest] },
    },
  })
  const id = softwareEnforced.attestationApplicationId
  const [ownPackage, ownSigner] = [id?.packages[0]?.name ?? '', id?.signerDigests[0]]
  const signer = Buffer.from(ownSigner ?? [])

  it('of another package are refused', () => {
    const description = madeBy('com.example.evil', signer)
    assertRefused(chainOf({ description }), 'android_package_mismatch')
  })
  it('of another signer are refused', () => {
    const description = madeBy(ownPackage, Buffer.alloc(32, 0xe1))
    assertRefused(chainOf({ description }), 'android_signer_mismatch')
  })
  it('that are not told are refused', () => {
    const description = { ...honest, softwareEnforced: {} }
    const found = refusalsOf(appraise(chainOf({ description })))
    assert.deepEqual(found, ['android_package_mismatch', 'android_signer_mismatch'])
  })
})

describe('phones and keys', () => {
  const boot = honest.hardwareEnforced.rootOfTrust
  assert.ok(boot !== undefined)

  it('an unlocked bootloader is refused', () => {
    const description = withHardware({ rootOfTrust: { ...boot, deviceLocked: false } })
    assertRefused(chainOf({ description }), 'android_bootloader_unlocked')
  })
  it('a system that is not verified is refused', () => {
    for (const verifiedBootState of ['self-signed', 'unverified', 'failed'] as const) {
      const description = withHardware({ rootOfTrust: { ...boot, verifiedBootState } })
      assertRefused(chainOf({ description }), 'android_boot_not_verified')
    }
  })
  it('a root of trust that software tells is none', () => {
    const { rootOfTrust, ...hardwareEnforced } = honest.hardwareEnforced
    const softwareEnforced = { ...honest.softwareEnforced, rootOfTrust: boot }
    assert.ok(rootOfTrust)
    const chain = chainOf({ description: { ...honest, hardwareEnforced, softwareEnforced } })
    const codes = ['android_bootloader_unlocked', 'android_boot_not_verified']
    assert.deepEqual(refusalsOf(appraise(chain)), codes)
  })
  it('a software key whose attestation claims the TEE is refused', () => {
    const found = refusalsOf(
      appraise(chainOf({ description: { ...honest, keyMintSecurityLevel: 'software' } })),
    )
    assert.ok(found.includes('android_key_in_software'), found.join(' '))
  })
  it('a software attestation of a key in the TEE is refused', () => {
    const description = { ...honest, attestationSecurityLevel: 'software' } as const
    const found = refusalsOf(appraise(chainOf({ description })))
    assert.ok(found.includes('android_key_in_software'), found.join(' '))
  })
  it('a TEE that claims to be a StrongBox is refused by its chain', () => {
    const description = {
      ...honest,
      attestationSecurityLevel: 'strongbox',
      keyMintSecurityLevel: 'strongbox',
    } as const
    assertForged(chainOf({ description }), 'android_chain_level_mismatch')
    const factory = [certify({ signer: batches.factory, description }), ...batches.factory.chain]
    const result = appraise(factory, { policy: {} })
    assert.deepEqual(refusalsOf(result), ['android_chain_level_mismatch'])
  })
  it('a key whose levels differ is refused', () => {
    const description = { ...honest, keyMintSecurityLevel: 'strongbox' } as const
    assertForged(chainOf({ description }), 'android_security_levels_differ')
  })
  it('an imported key is refused', () => {
    assertForged(chainOf({ description: withHardware({ origin: 2 }) }), 'android_key_not_generated')
    assertForged(chainOf({ description: withHardware({ origin: 4 }) }), 'android_key_not_generated')
  })
  it('a key that software alone says was generated is refused', () => {
    const { origin, ...hardwareEnforced } = honest.hardwareEnforced
    const softwareEnforced = { ...honest.softwareEnforced, origin: origin ?? 0 }
    const description = { ...honest, hardwareEnforced, softwareEnforced }
    assertForged(chainOf({ description }), 'android_key_not_generated')
  })
  it('a key that may attest, or do anything but sign, is refused', () => {
    for (const purposes of [[7], [2, 7], [2, 3, 6], [3], []]) {
      const description = withHardware({ purposes })
      assertForged(chainOf({ description }), 'android_key_purpose_refused')
    }
  })
  it('a key that is described as another kind is refused', () => {
    for (const changes of [{ keySize: 384 }, { ecCurve: 2 }, { algorithm: 1 }]) {
      const description = withHardware(changes)
      assertForged(chainOf({ description }), 'android_key_parameters_differ')
    }
  })
})

describe('keys that are attested by a key of the phone', () => {
  it('are refused where policy does not allow it', () => {
    assertRefused(attestedChain(attestKey), 'android_attest_key_not_allowed')
  })
  const policy = { allowAttestKey: true }
  it('are accepted where it does, and never prove more', () => {
    for (const provisioning of ['remote', 'factory'] as const) {
      const result = appraise(attestedChain(attestKey, {}, provisioning), { policy })
      assert.deepEqual(refusalsOf(result), [])
      assert.equal(result.assurance, 'tee')
      const [, , , batchCertificate] = attestedChain(attestKey)
      assert.ok(batchCertificate)
      assert.equal(result.facts.provisioning, provisioning)
    }
  })
  it('are remembered by the batch key above both', () => {
    const [certificate] = batches.remote.chain
    assert.ok(certificate)
    const { batch } = appraise(attestedChain(attestKey), { policy }).facts
    assert.equal(batch, parseCertificate(certificate).spkiSha256)
  })
})

describe('serial numbers on the status list', () => {
  const chain = chainOf()
  const codes = {
    REVOKED: 'android_key_revoked',
    SUSPENDED: 'android_key_suspended',
    QUARANTINED: 'android_key_revoked',
  } as const
  for (const [status, code] of Object.entries(codes)) {
    for (const [position, der] of chain.entries()) {
      it(`refuse certificate ${position} as ${status}`, () => {
        const { serial } = parseCertificate(der)
        const list = JSON.stringify({ entries: { [serial]: { status, reason: 'KEY_COMPROMISE' } } })
        const trust = { anchors: [anchor], statusList: parseStatusList(list, at) }
        const result = appraise(chain, { trust })
        assert.deepEqual(refusalsOf(result), [code])
        assert.equal(result.assurance, 'unattested')
      })
    }
  }
})

describe('bytes that are no attestation', () => {
  it('are refused as malformed', () => {
    const leaf = certify()
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.from('no certificate'),
      leaf.subarray(0, -1),
      Buffer.concat([leaf, Buffer.alloc(1)]),
      derSequence(derSequence()),
    ]) {
      assertForged([bytes, ...batches.remote.chain], 'attestation_malformed')
    }
  })
  it('are refused by their number and size before they are parsed', () => {
    assertForged([], 'attestation_malformed')
    assertForged(
      Array.from({ length: 11 }, () => Buffer.alloc(1)),
      'attestation_too_large',
    )
    assertForged([Buffer.alloc(16_385), ...batches.remote.chain], 'attestation_too_large')
  })
  it('leave every later check unreached', () => {
    const { checks, claims } = appraise([Buffer.alloc(0)])
    const [first, ...later] = checks
    assert.equal(first?.name, 'wellFormed')
    assert.ok(later.length > 30)
    assert.ok(
      later.every(({ outcome, found }) => outcome === 'unchecked' && found === 'not reached'),
    )
    assert.deepEqual(claims, {})
  })
})
