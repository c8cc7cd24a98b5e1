import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ReasonCode } from '@sallyport/problem'
import type { KeyDescription } from '@sallyport/virtual-device'
import { type AndroidKeyPolicy, parseStatusList } from '../../src/index.ts'
import { checkOf, refusalsOf } from './android-fixture.ts'
import {
  anchor,
  appraise,
  at,
  batches,
  certify,
  chainOf,
  honest,
  withHardware,
} from './forged-chain.ts'

const dayMs = 86_400_000
const factoryChain = [certify({ signer: batches.factory }), ...batches.factory.chain]
const boot = honest.hardwareEnforced.rootOfTrust
assert.ok(boot !== undefined)
const selfSigned = withHardware({ rootOfTrust: { ...boot, verifiedBootState: 'self-signed' } })
const bootKey = Buffer.from(boot.verifiedBootKey).toString('hex')

type Case = {
  readonly check: string
  readonly code: ReasonCode
  /** Asks for something that the description has. */
  readonly met: AndroidKeyPolicy
  readonly missed: AndroidKeyPolicy
  readonly description?: KeyDescription
  readonly chain?: readonly Buffer[]
}

const { noAuthRequired: _, ...unlimited } = honest.hardwareEnforced
const withUser = (changes: Partial<KeyDescription['hardwareEnforced']>): KeyDescription => ({
  ...honest,
  hardwareEnforced: { ...unlimited, ...changes },
})
const olderThan = (days: number) => ({ maximumPatchAgeDays: days })
const ageDays = Math.floor((at - Date.UTC(2026, 9, 1)) / dayMs)

const cases: Readonly<Record<string, Case>> = {
  packages: {
    check: 'package',
    code: 'android_package_mismatch',
    met: { packages: ['com.example.other', 'com.example.sallyport.demo'] },
    missed: { packages: ['com.example.other'] },
  },
  signerDigests: {
    check: 'signer',
    code: 'android_signer_mismatch',
    met: {
      signerDigests: [
        Buffer.from(
          honest.softwareEnforced.attestationApplicationId?.signerDigests[0] ?? [],
        ).toString('hex'),
      ],
    },
    missed: { signerDigests: [] },
  },
  requireLockedBootloader: {
    check: 'bootloader',
    code: 'android_bootloader_unlocked',
    description: withHardware({ rootOfTrust: { ...boot, deviceLocked: false } }),
    met: { requireLockedBootloader: false },
    missed: { requireLockedBootloader: true },
  },
  requireVerifiedBoot: {
    check: 'verifiedBoot',
    code: 'android_boot_not_verified',
    description: selfSigned,
    met: { requireVerifiedBoot: false },
    missed: { requireVerifiedBoot: true },
  },
  verifiedBootKeys: {
    check: 'verifiedBoot',
    code: 'android_boot_not_verified',
    description: selfSigned,
    met: { requireVerifiedBoot: true, verifiedBootKeys: [bootKey] },
    missed: { requireVerifiedBoot: true, verifiedBootKeys: ['00'.repeat(32)] },
  },
  'verifiedBootKeys of an unverified boot': {
    check: 'verifiedBoot',
    code: 'android_boot_not_verified',
    description: withHardware({ rootOfTrust: { ...boot, verifiedBootState: 'unverified' } }),
    met: {},
    missed: { requireVerifiedBoot: true, verifiedBootKeys: [bootKey] },
  },
  keyKinds: {
    check: 'keyKind',
    code: 'android_key_kind_refused',
    met: { keyKinds: ['ec-p256'] },
    missed: { keyKinds: ['ec-p384'] },
  },
  minimumAttestationVersion: {
    check: 'attestationVersion',
    code: 'android_attestation_version_too_low',
    met: { minimumAttestationVersion: 400 },
    missed: { minimumAttestationVersion: 500 },
  },
  minimumOsVersion: {
    check: 'osVersion',
    code: 'android_os_version_too_low',
    met: { minimumOsVersion: 160_000 },
    missed: { minimumOsVersion: 170_000 },
  },
  minimumOsPatchLevel: {
    check: 'osPatchLevel',
    code: 'android_os_patch_level_too_old',
    met: { minimumOsPatchLevel: '2026-10-01' },
    missed: { minimumOsPatchLevel: '2026-10-02' },
  },
  minimumVendorPatchLevel: {
    check: 'vendorPatchLevel',
    code: 'android_vendor_patch_level_too_old',
    met: { minimumVendorPatchLevel: '2026-10-05' },
    missed: { minimumVendorPatchLevel: '2026-11' },
  },
  minimumBootPatchLevel: {
    check: 'bootPatchLevel',
    code: 'android_boot_patch_level_too_old',
    met: { minimumBootPatchLevel: '2026-10' },
    missed: { minimumBootPatchLevel: '2026-10-06' },
  },
  'maximumPatchAgeDays of the system': {
    check: 'osPatchLevel',
    code: 'android_os_patch_level_too_old',
    met: olderThan(ageDays),
    missed: olderThan(ageDays - 1),
  },
  'userAuthentication required': {
    check: 'userAuthentication',
    code: 'android_user_authentication_mismatch',
    description: withUser({ userAuthType: 2, authTimeout: 30 }),
    met: {},
    missed: { userAuthentication: 'required' },
  },
  'userAuthentication none': {
    check: 'userAuthentication',
    code: 'android_user_authentication_mismatch',
    description: withUser({ userAuthType: 2 }),
    met: { userAuthentication: 'required' },
    missed: { userAuthentication: 'none' },
  },
  'userAuthentication that is not told': {
    check: 'userAuthentication',
    code: 'android_user_authentication_mismatch',
    description: withUser({}),
    met: {},
    missed: { userAuthentication: 'required' },
  },
  remoteProvisioningFrom: {
    check: 'remoteProvisioning',
    code: 'android_remote_provisioning_missing',
    chain: factoryChain,
    met: { remoteProvisioningFrom: 500 },
    missed: { remoteProvisioningFrom: 400 },
  },
}

describe('a policy that asks for', () => {
  for (const [name, { check, code, met, missed, description, chain }] of Object.entries(cases)) {
    it(`${name} refuses with ${code} what misses it, and keeps what is proven`, () => {
      const evidence = chain ?? chainOf(description === undefined ? {} : { description })
      assert.equal(refusalsOf(appraise(evidence, { policy: met })).includes(code), false)
      const result = appraise(evidence, { policy: missed })
      assert.equal(checkOf(result, check).code, code)
      assert.equal(result.accepted, false)
      assert.equal(result.assurance, 'tee')
      assert.equal(result.facts.osVersion, '16')
    })
  }

  it('a level that the phone does not tell refuses', () => {
    const bare = withHardware({ osPatchLevel: 0, vendorPatchLevel: 209_913, osVersion: 0 })
    const { bootPatchLevel: __, ...hardwareEnforced } = bare.hardwareEnforced
    const chain = chainOf({ description: { ...bare, hardwareEnforced } })
    assert.deepEqual(refusalsOf(appraise(chain, { policy: olderThan(100_000) })), [
      'android_os_patch_level_too_old',
      'android_vendor_patch_level_too_old',
      'android_boot_patch_level_too_old',
    ])
    assert.equal(appraise(chain, { policy: {} }).facts.osPatchLevel, undefined)
  })
  it('what was found is cut where evidence makes it long', () => {
    const packages = [{ name: 'x'.repeat(9_000), version: 1 }]
    const softwareEnforced = { attestationApplicationId: { packages, signerDigests: [] } }
    const result = appraise(chainOf({ description: { ...honest, softwareEnforced } }))
    assert.equal(checkOf(result, 'package').found.length, 1_001)
  })
  it('a higher assurance refuses', () => {
    const result = appraise(chainOf(), { minimumAssurance: 'strongbox' })
    assert.deepEqual(refusalsOf(result), ['attestation_assurance_too_low'])
    assert.equal(result.assurance, 'tee')
  })
  it('nothing leaves it unchecked, and still tells what is there', () => {
    const result = appraise(chainOf(), {
      policy: {},
      challenge: undefined,
      spki: undefined,
      minimumAssurance: undefined,
    })
    assert.deepEqual(refusalsOf(result), [])
    const told = Object.fromEntries(
      result.checks.flatMap(({ name, outcome, found }) =>
        outcome === 'unchecked' ? [[name, found]] : [],
      ),
    )
    const digest = honest.softwareEnforced.attestationApplicationId?.signerDigests[0] ?? []
    assert.deepEqual(told, {
      attestKeyAllowed: 'no attesting key',
      attestKeyBinding: 'no attesting key',
      notRevoked: 'no status list',
      notSuspended: 'no status list',
      statusListAge: 'no list',
      challenge: 'c4'.repeat(32),
      key: 'ec-p256',
      bootloader: 'locked',
      verifiedBoot: `VERIFIED, key ${bootKey}`,
      package: 'com.example.sallyport.demo',
      signer: Buffer.from(digest).toString('hex'),
      attestationVersion: '400',
      osVersion: '160000',
      osPatchLevel: '2026-10',
      vendorPatchLevel: '2026-10-05',
      bootPatchLevel: '2026-10-05',
      userAuthentication: 'nobody, for any use',
      remoteProvisioning: 'remote provisioning, KeyMint 400',
      assurance: 'tee',
    })
  })
})

describe('the age of the status list', () => {
  const hourMs = 3_600_000
  const ageOf = (ageMs: number | undefined, whenTooOld: 'refuse' | 'allow') => {
    const statusList =
      ageMs === undefined ? undefined : parseStatusList('{"entries":{}}', at - ageMs)
    const statusListAge = { maxAgeMs: 72 * hourMs, whenTooOld }
    return appraise(chainOf(), { trust: { anchors: [anchor], statusList, statusListAge } })
  }
  it('passes while it is within what is asked', () => {
    assert.equal(checkOf(ageOf(72 * hourMs, 'refuse'), 'statusListAge').outcome, 'passed')
  })
  it('refuses past it, and where there is none', () => {
    for (const age of [73 * hourMs, undefined]) {
      assert.deepEqual(refusalsOf(ageOf(age, 'refuse')), ['android_status_list_too_old'])
      assert.equal(ageOf(age, 'refuse').assurance, 'tee')
    }
  })
  it('is said where it is let pass', () => {
    const check = checkOf(ageOf(80 * hourMs, 'allow'), 'statusListAge')
    assert.equal(check.outcome, 'unchecked')
    assert.equal(check.found, 'a list of 80 hours ago, let pass')
    assert.equal(ageOf(undefined, 'allow').accepted, true)
  })
})

describe('dates', () => {
  const late = at + 400 * dayMs
  it('of remotely provisioned certificates count', () => {
    assert.deepEqual(refusalsOf(appraise(chainOf(), { at: late, policy: {} })), [
      'attestation_certificate_expired',
    ])
  })
  it('of factory certificates count until they begin, and not when they end', () => {
    assert.deepEqual(refusalsOf(appraise(factoryChain, { at: late, policy: {} })), [])
    const early = at - 9 * 365 * dayMs
    assert.deepEqual(refusalsOf(appraise(factoryChain, { at: early, policy: {} })), [
      'attestation_certificate_expired',
    ])
  })
  it('that the phone wrote say nothing', () => {
    const chain = chainOf({ notBefore: late, notAfter: late + 1_000 })
    assert.deepEqual(refusalsOf(appraise(chain)), [])
  })
  it('of the root say nothing, whether it is in the evidence or not', () => {
    const chain = [...factoryChain]
    const afterRoot = at + 20 * 365 * dayMs
    for (const evidence of [chain, chain.slice(0, -1)]) {
      assert.deepEqual(refusalsOf(appraise(evidence, { at: afterRoot, policy: {} })), [])
    }
  })
})
