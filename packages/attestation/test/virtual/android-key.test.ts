import assert from 'node:assert/strict'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { parseCertificate } from '@sallyport/pki'
import type { ReasonCode } from '@sallyport/problem'
import {
  androidHostilities,
  type AndroidHostility,
  androidKeyChain,
  type AndroidKeyOptions,
  defaultAndroidPhone,
  makeDevelopmentRoot,
} from '@sallyport/virtual-device'
import { type AndroidKeyPolicy, appraiseAndroidKey, parseStatusList } from '../../src/index.ts'
import { refusalsOf, virtualTrust } from './virtual-trust.ts'

const root = makeDevelopmentRoot()
const trust = virtualTrust(root).android
const challenge = randomBytes(32)
const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const spki = publicKey.export({ format: 'der', type: 'spki' })

const { packageName, signerDigest } = defaultAndroidPhone
const strict: AndroidKeyPolicy = {
  packages: [packageName],
  signerDigests: [signerDigest],
  requireLockedBootloader: true,
  requireVerifiedBoot: true,
  minimumAttestationVersion: 3,
  minimumOsVersion: 110_000,
  minimumOsPatchLevel: '2025-01',
  minimumVendorPatchLevel: '2025-01',
  minimumBootPatchLevel: '2025-01',
  maximumPatchAgeDays: 90,
}

function appraise(
  options: Partial<AndroidKeyOptions>,
  policy: AndroidKeyPolicy = strict,
  material = trust,
) {
  const chain = androidKeyChain({ root, challenge, spki, ...options })
  const at = options.at ?? Date.now()
  return appraiseAndroidKey({ chain, challenge, spki, at, trust: material, policy })
}

for (const provisioning of ['remote', 'factory'] as const) {
  for (const securityLevel of ['tee', 'strongbox'] as const) {
    for (const chainHasRoot of [true, false]) {
      const shape = `${provisioning}, ${securityLevel}, ${chainHasRoot ? 'with' : 'without'} root`
      test(`an honest phone proves where its key lives: ${shape}`, () => {
        const phone = { provisioning, securityLevel, chainHasRoot }
        const result = appraise({ phone })
        assert.deepEqual(refusalsOf(result), [])
        assert.equal(result.assurance, securityLevel)
        assert.equal(result.development, true)
        assert.equal(result.facts.provisioning, provisioning)
        assert.equal(result.facts.osPatchLevel, defaultAndroidPhone.patchLevel.slice(0, 7))
      })
    }
  }
}

for (const attestationVersion of [3, 4, 100, 200, 300, 400, 500]) {
  test(`attestations of version ${attestationVersion} are read`, () => {
    const result = appraise({ phone: { attestationVersion } })
    assert.deepEqual(refusalsOf(result), [])
    const check = result.checks.find(({ name }) => name === 'attestationVersion')
    assert.equal(check?.found, String(attestationVersion))
  })
}

const keys = {
  'P-384': generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  'RSA 2048': generateKeyPairSync('rsa', { modulusLength: 2_048 }),
}
for (const [name, pair] of Object.entries(keys)) {
  test(`a key of ${name} is described as what it is`, () => {
    const other = pair.publicKey.export({ format: 'der', type: 'spki' })
    const chain = androidKeyChain({ root, challenge, spki: other })
    const at = Date.now()
    const result = appraiseAndroidKey({ chain, challenge, spki: other, at, trust, policy: strict })
    assert.deepEqual(refusalsOf(result), [])
  })
}

test('a phone that always asks for its user passes where policy wants that', () => {
  const policy: AndroidKeyPolicy = { ...strict, userAuthentication: 'required' }
  assert.equal(appraise({ phone: { userAuthentication: true } }, policy).accepted, true)
  assert.equal(appraise({ phone: { userAuthentication: false } }, policy).accepted, false)
})

/** Each hostility, the code that names it, and what is proven all the same. */
const refusals: Readonly<Record<AndroidHostility, readonly [ReasonCode, string]>> = {
  'unlocked-bootloader': ['android_bootloader_unlocked', 'tee'],
  'self-signed-boot': ['android_boot_not_verified', 'tee'],
  'old-patch-level': ['android_os_patch_level_too_old', 'tee'],
  'software-key': ['android_key_in_software', 'unattested'],
  'software-key-as-tee': ['android_security_levels_differ', 'unattested'],
  'imported-key': ['android_key_not_generated', 'unattested'],
  'attest-key-purpose': ['android_key_purpose_refused', 'unattested'],
  'properties-in-software': ['android_key_not_generated', 'unattested'],
  'other-package': ['android_package_mismatch', 'tee'],
  'other-signer': ['android_signer_mismatch', 'tee'],
  'other-challenge': ['attestation_challenge_mismatch', 'unattested'],
  'other-key': ['attestation_key_mismatch', 'unattested'],
  'expired-batch': ['attestation_certificate_expired', 'unattested'],
  'own-root': ['attestation_root_untrusted', 'unattested'],
  'attest-key-chain': ['android_attest_key_not_allowed', 'tee'],
  'extended-chain': ['android_chain_extended', 'unattested'],
  'description-in-intermediate': ['android_key_description_in_intermediate', 'unattested'],
  'broken-signature': ['attestation_signature_invalid', 'unattested'],
}

for (const hostility of Object.keys(androidHostilities) as AndroidHostility[]) {
  const [code, assurance] = refusals[hostility]
  for (const provisioning of ['remote', 'factory'] as const) {
    test(`${hostility}, ${provisioning}: ${code}`, () => {
      const result = appraise({ hostility, phone: { provisioning } })
      assert.equal(result.accepted, false)
      assert.ok(refusalsOf(result).includes(code), refusalsOf(result).join(' '))
      assert.equal(result.assurance, assurance)
    })
  }
}

test('a key attested by an ATTEST_KEY of the phone passes where policy allows it', () => {
  const result = appraise({ hostility: 'attest-key-chain' }, { ...strict, allowAttestKey: true })
  assert.deepEqual(refusalsOf(result), [])
  assert.equal(result.assurance, 'tee')
  const extended = appraise({ hostility: 'extended-chain' }, { ...strict, allowAttestKey: true })
  assert.equal(extended.assurance, 'unattested')
})

for (const status of ['REVOKED', 'SUSPENDED']) {
  test(`a ${status} serial number refuses at every position of the chain`, () => {
    const chain = androidKeyChain({ root, challenge, spki })
    const at = Date.now()
    for (const [position, der] of chain.entries()) {
      const { serial } = parseCertificate(der)
      const text = JSON.stringify({ entries: { [serial]: { status } } })
      const statusList = parseStatusList(Buffer.from(text), at)
      const material = { ...trust, statusList }
      const result = appraiseAndroidKey({ chain, challenge, spki, at, trust: material, policy: {} })
      assert.equal(result.accepted, false, `position ${position}`)
    }
  })
}
