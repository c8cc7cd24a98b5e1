import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import type { ReasonCode } from '@sallyport/problem'
import { derInteger } from '@sallyport/pki'
import { managedDeviceEvidence, makeDevelopmentRoot } from '@sallyport/virtual-device'
import {
  appraiseManagedDevice,
  type AttestationResult,
  builtInRoots,
  evidenceFormats,
  type ManagedDevicePolicy,
  trustAnchor,
} from '../../src/index.ts'
import { noTrust } from '../no-trust.ts'
import {
  at,
  attested,
  authority,
  certificate,
  challenge,
  intermediate,
  iphone,
  leafOf,
  leafParty,
  mac,
  party,
  rootCertificate,
  subordinate,
  trust,
} from './managed-chain.ts'

type Options = Parameters<typeof appraiseManagedDevice>[0]

function appraise(options: Partial<Options> = {}): AttestationResult {
  const chain = [leafOf(), intermediate]
  return appraiseManagedDevice({
    chain,
    challenge,
    spki: leafParty.spki,
    at,
    trust,
    policy: {},
    ...options,
  })
}

const failedCodes = ({ checks }: AttestationResult) =>
  checks.filter(({ outcome }) => outcome === 'failed').map(({ code }) => code)

/** It is refused for this reason alone, and proves nothing. */
function assertUnproven(result: AttestationResult, ...codes: ReasonCode[]): void {
  assert.deepEqual(failedCodes(result), codes)
  assert.equal(result.accepted, false)
  assert.equal(result.assurance, 'unattested')
  assert.deepEqual(result.facts, {})
}

test('the leaf proves a key in a Secure Enclave, and says which device has it', () => {
  const result = appraise()
  assert.deepEqual(failedCodes(result), [])
  assert.equal(result.accepted, true)
  assert.equal(result.assurance, 'secure-enclave')
  assert.equal(result.development, false)
  assert.deepEqual(result.facts, {
    identifiers: ['C02XL3FHJG5J', '00008103-001C2D3E4F50001E'],
    model: 'J314sAP',
    osVersion: '26.1',
  })
  const { certificates, ...claims } = result.claims
  const [first] = certificates as Record<string, unknown>[]
  assert.equal(first?.['notBefore'], '2026-11-20T12:00:00.000Z')
  assert.deepEqual(claims, {
    serialNumber: 'C02XL3FHJG5J',
    udid: '00008103-001C2D3E4F50001E',
    softwareUpdateDeviceId: 'J314sAP',
    osVersion: '26.1',
    sepOsVersion: '26.1',
    llbVersion: '13822.41.1',
    sipStatus: 0,
    secureBoot: 'Full Security',
    kernelExtensions: 0,
    freshness: createHash('sha256').update(challenge).digest('hex'),
    otherExtensions: {},
  })
})

test('a chain may bring its root, whose own dates mean nothing', () => {
  assert.equal(appraise({ chain: [leafOf(), intermediate, rootCertificate] }).accepted, true)
})

test('without challenge and key they are listed as unchecked, with what is there', () => {
  const { checks, accepted } = appraise({ challenge: undefined, spki: undefined })
  assert.equal(accepted, true)
  for (const name of ['freshness', 'key']) {
    const check = checks.find((one) => one.name === name)
    assert.equal(check?.outcome, 'unchecked')
    assert.match(check.found, /[A-Za-z0-9_-]{43}/)
  }
})

test('another challenge is refused as stale', () => {
  assertUnproven(appraise({ challenge: randomBytes(32) }), 'managed_device_freshness_stale')
  const without = [leafOf({ ...mac, '11.1': undefined }), intermediate]
  assertUnproven(appraise({ chain: without }), 'managed_device_freshness_stale')
  const raw = [leafOf({ ...mac, '11.1': challenge }), intermediate]
  assertUnproven(appraise({ chain: raw }), 'managed_device_freshness_stale')
})

test('another key is refused, and one that no Secure Enclave makes', () => {
  assertUnproven(appraise({ spki: party('other', 'P-256').spki }), 'attestation_key_mismatch')
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const spki = publicKey.export({ format: 'der', type: 'spki' })
  const leaf = certificate({
    issuer: subordinate,
    subject: { name: leafParty.name, spki },
    extensions: attested(mac),
  })
  assertUnproven(appraise({ chain: [leaf, intermediate], spki }), 'managed_device_key_foreign')
})

test('only a configured root counts, never one that the chain brings', () => {
  const untrusted = { anchors: builtInRoots.managedDevices }
  assertUnproven(appraise({ trust: untrusted }), 'attestation_root_untrusted')
  assertUnproven(
    appraise({ trust: untrusted, chain: [leafOf(), intermediate, rootCertificate] }),
    'attestation_root_untrusted',
  )
})

test('an attested key cannot attest another key', () => {
  const stolen = party('fedcba9876543210', 'P-256')
  const forged = certificate({ issuer: leafParty, subject: stolen, extensions: attested(mac) })
  const result = appraise({ chain: [forged, leafOf(), intermediate], spki: stolen.spki })
  assertUnproven(result, 'managed_device_issuer_unfit')
})

test('what issues is a CA with room below it, and a leaf is none', () => {
  const deeper = certificate({
    issuer: subordinate,
    subject: leafParty,
    extensions: authority(),
  })
  const below = certificate({ issuer: leafParty, subject: leafParty, extensions: attested(mac) })
  assertUnproven(appraise({ chain: [below, deeper, intermediate] }), 'managed_device_issuer_unfit')
  const leafAuthority = certificate({
    issuer: subordinate,
    subject: leafParty,
    extensions: [...authority(), ...attested(mac)],
  })
  assertUnproven(appraise({ chain: [leafAuthority, intermediate] }), 'managed_device_issuer_unfit')
})

test('a signature that was changed at any position is refused', () => {
  const chain = [leafOf(), intermediate, rootCertificate]
  for (const position of chain.keys()) {
    const changed = chain.map((der, index) => {
      if (index !== position) return der
      const copy = Buffer.from(der)
      copy.writeUInt8(copy.readUInt8(copy.length - 1) ^ 1, copy.length - 1)
      return copy
    })
    assertUnproven(appraise({ chain: changed }), 'attestation_signature_invalid')
  }
})

test('dates count for every certificate below the root', () => {
  const later = 3 * 86_400_000
  assertUnproven(appraise({ at: at + later }), 'attestation_certificate_expired')
  assertUnproven(appraise({ at: at - later }), 'attestation_certificate_expired')
})

const refusedByPolicy: readonly [string, ManagedDevicePolicy, typeof mac, ReasonCode][] = [
  [
    'another serial number',
    { serialNumbers: ['C02OTHER'] },
    mac,
    'managed_device_serial_number_unlisted',
  ],
  ['another UDID', { udids: [] }, mac, 'managed_device_udid_unlisted'],
  [
    'no serial number',
    { serialNumbers: ['C02XL3FHJG5J'] },
    { ...mac, '9.1': undefined },
    'managed_device_serial_number_unlisted',
  ],
  [
    'a blank serial number',
    { serialNumbers: [''] },
    { ...mac, '9.1': Buffer.alloc(0) },
    'managed_device_serial_number_unlisted',
  ],
  [
    'no identity (User Enrollment)',
    { requireIdentity: true },
    { ...mac, '9.1': undefined, '9.2': undefined },
    'managed_device_anonymous',
  ],
  ['an older system', { minimumOsVersion: '26.1.1' }, mac, 'managed_device_os_too_old'],
  [
    'a system that is no version',
    { minimumOsVersion: '1' },
    { ...mac, '10.1': Buffer.from('26.1 beta') },
    'managed_device_os_too_old',
  ],
  [
    'a system that is not told',
    { minimumOsVersion: '1' },
    { ...mac, '10.1': undefined },
    'managed_device_os_too_old',
  ],
  [
    'System Integrity Protection off',
    { requireSecureBoot: true },
    { ...mac, '13.1': derInteger(1) },
    'managed_device_sip_off',
  ],
  [
    'System Integrity Protection as a BOOLEAN',
    { requireSecureBoot: true },
    { ...mac, '13.1': Buffer.from('0101ff', 'hex') },
    'managed_device_sip_off',
  ],
  [
    'System Integrity Protection not told of a Mac',
    { requireSecureBoot: true },
    { ...mac, '13.1': undefined },
    'managed_device_sip_off',
  ],
  [
    'reduced security of boot',
    { requireSecureBoot: true },
    { ...mac, '13.2': Buffer.from('Reduced Security') },
    'managed_device_boot_reduced',
  ],
  [
    'kernel extensions of others',
    { requireSecureBoot: true },
    { ...mac, '13.3': derInteger(1) },
    'managed_device_kernel_extensions_allowed',
  ],
  [
    'a number with bytes after it',
    { requireSecureBoot: true },
    { ...mac, '13.3': Buffer.concat([derInteger(0), Buffer.alloc(1)]) },
    'managed_device_kernel_extensions_allowed',
  ],
]
for (const [what, policy, told, code] of refusedByPolicy) {
  test(`policy refuses ${what}, and the proof stays`, () => {
    const result = appraise({ chain: [leafOf(told), intermediate], policy })
    assert.deepEqual(failedCodes(result), [code])
    assert.equal(result.accepted, false)
    assert.equal(result.assurance, 'secure-enclave')
    assert.equal(appraise({ chain: [leafOf(told), intermediate] }).accepted, true)
  })
}

test('policy takes what it asks for', () => {
  const policy: ManagedDevicePolicy = {
    serialNumbers: ['OTHER', 'c02xl3fhjg5j'],
    udids: ['00008103-001C2D3E4F50001e'],
    requireIdentity: true,
    minimumOsVersion: '26.1.0',
    requireSecureBoot: true,
  }
  assert.deepEqual(failedCodes(appraise({ policy })), [])
})

test('an iPhone has no settings of boot, and passes where Apple says that it is one', () => {
  const policy = { requireSecureBoot: true }
  assert.equal(appraise({ chain: [leafOf(iphone), intermediate], policy }).accepted, true)
  const unnamed = { ...iphone, '9.4': undefined }
  assert.deepEqual(failedCodes(appraise({ chain: [leafOf(unnamed), intermediate], policy })), [
    'managed_device_sip_off',
    'managed_device_boot_reduced',
    'managed_device_kernel_extensions_allowed',
  ])
})

test('minimum assurance', () => {
  assert.equal(appraise({ minimumAssurance: 'strongbox' }).accepted, true)
  assert.equal(appraise({ minimumAssurance: 'secure-enclave' }).accepted, true)
})

test('extensions of Apple that are not known, or not as they are known, are told as they are', () => {
  const told = { ...mac, '13.4': Buffer.from('new'), '10.1': Buffer.from([0xff, 0x00]) }
  const { claims } = appraise({ chain: [leafOf(told), intermediate] })
  assert.equal(claims['osVersion'], null)
  assert.deepEqual(claims['otherExtensions'], {
    '1.2.840.113635.100.8.13.4': '6e6577',
    '1.2.840.113635.100.8.10.1': 'ff00',
  })
})

test('what is no chain is malformed, and what is too large is not read', () => {
  const leaf = leafOf()
  const cases: readonly [Buffer[], ReasonCode][] = [
    [[], 'attestation_malformed'],
    [[Buffer.alloc(0), intermediate], 'attestation_malformed'],
    [[leaf.subarray(0, -1), intermediate], 'attestation_malformed'],
    [[Buffer.concat([leaf, leaf]), intermediate], 'attestation_malformed'],
    [Array.from({ length: 11 }, () => leaf), 'attestation_too_large'],
    [[Buffer.alloc(16_385, 0x30), intermediate], 'attestation_too_large'],
  ]
  for (const [chain, code] of cases) {
    const result = appraise({ chain })
    assertUnproven(result, code)
    assert.equal(result.checks[0]?.name, 'wellFormed')
    assert.ok(result.checks.slice(1).every(({ outcome }) => outcome === 'unchecked'))
  }
})

test('as the device API carries it: closed, in base64url, under a development root', async () => {
  const root = makeDevelopmentRoot({ now: at })
  const evidence = managedDeviceEvidence({ root, challenge, spki: leafParty.spki, at })
  const anchors = [trustAnchor(root.certificate, { development: true })]
  const context = {
    challenge,
    spki: leafParty.spki,
    at,
    trust: { ...noTrust, managedDevices: { anchors } },
    policy: { minimumAssurance: 'secure-enclave' as const },
  }
  const format = evidenceFormats['apple-mda']
  assert.ok(format !== undefined)
  const result = await format.appraise(evidence, context)
  assert.deepEqual(failedCodes(result), [])
  assert.equal(result.development, true)
  assert.equal(result.assurance, 'secure-enclave')
  const { chain } = evidence as unknown as { chain: string[] }
  const broken: readonly [object, ReasonCode][] = [
    [{ chain, extra: 1 }, 'attestation_malformed'],
    [{}, 'attestation_malformed'],
    [{ chain: chain.join() }, 'attestation_malformed'],
    [{ chain: chain.slice(0, 1) }, 'attestation_malformed'],
    [{ chain: [chain[0], 7] }, 'attestation_malformed'],
    [{ chain: [chain[0], `${chain[1]}=`] }, 'attestation_malformed'],
    [{ chain: [chain[0], 'A'.repeat(30_000)] }, 'attestation_too_large'],
    [{ chain: Array.from({ length: 11 }, () => 'AAAA') }, 'attestation_too_large'],
  ]
  for (const [members, code] of broken) {
    assertUnproven(await format.appraise({ format: 'apple-mda', ...members }, context), code)
  }
})
