import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Reason, type ReasonCode, reasons } from '@sallyport/problem'
import { namedTest } from './named-test.ts'

const android = 'attestation/test/android-key/hostile.test.ts'
const phones = 'attestation/test/virtual/android-key.test.ts'
const apple = 'attestation/test/hostile/app-attest-attestation.test.ts'
const assertion = 'attestation/test/hostile/app-attest-assertion.test.ts'
const iphones = 'attestation/test/virtual/app-attest.test.ts'
const renewal = 'authority/test/renewal/assertions.test.ts'
const enrolment = 'authority/test/enrollment/enroll-device.test.ts'

/**
 * Every hostile case, the code that refuses it, and where its tests are: the file, and the title, or row
 * of a table, of each. The code stands in the test itself.
 */
const coverage: readonly [input: string, code: ReasonCode, file: string, title: string][] = [
  [
    'a chain extended by an attested signing key',
    'android_chain_extended',
    android,
    'is refused with a forged attestation in its leaf',
  ],
  [
    'a chain extended by an attested signing key',
    'android_chain_extended',
    phones,
    "'extended-chain':",
  ],
  [
    'a KeyDescription in an intermediate',
    'android_key_description_in_intermediate',
    android,
    "describe('an attestation in an intermediate'",
  ],
  [
    'a KeyDescription in an intermediate',
    'android_key_description_in_intermediate',
    phones,
    "'description-in-intermediate':",
  ],
  [
    'a self-signed root in the evidence',
    'attestation_root_untrusted',
    android,
    'is not believed for being in the evidence',
  ],
  ['a self-signed root in the evidence', 'attestation_root_untrusted', phones, "'own-root':"],
  ['a self-signed root in the evidence', 'attestation_root_untrusted', apple, 'a root from the'],
  [
    'the leaf of another phone',
    'attestation_names_broken',
    android,
    'of another phone is refused by its signature',
  ],
  [
    'the leaf of another key',
    'attestation_key_mismatch',
    android,
    'of the same phone and another key is refused',
  ],
  [
    'one signature flipped, at every position',
    'attestation_signature_invalid',
    android,
    'one flipped bit in that of certificate',
  ],
  [
    'one signature flipped, at every position',
    'attestation_signature_invalid',
    apple,
    'one signature flipped, at every position',
  ],
  [
    'a wrong challenge',
    'attestation_challenge_mismatch',
    android,
    'of another enrolment are refused, as those that were sent before',
  ],
  ['a replayed challenge', 'challenge_used', enrolment, 'was used by another key'],
  ["another app's package", 'android_package_mismatch', android, 'of another package are refused'],
  ['another signer', 'android_signer_mismatch', android, 'of another signer are refused'],
  [
    'an unlocked device',
    'android_bootloader_unlocked',
    android,
    'an unlocked bootloader is refused',
  ],
  [
    'a software level claimed as TEE',
    'android_key_in_software',
    android,
    'a software key whose attestation claims the TEE is refused',
  ],
  ['an imported key', 'android_key_not_generated', android, 'an imported key is refused'],
  [
    'the purpose ATTEST_KEY',
    'android_key_purpose_refused',
    android,
    'a key that may attest, or do anything but sign, is refused',
  ],
  [
    'a software key under App Attest claimed as secure-enclave',
    'attestation_assurance_too_low',
    apple,
    'a software key under App Attest claimed as secure-enclave',
  ],
  [
    'its renewal without an assertion',
    'renewal_evidence_required',
    renewal,
    'without an assertion it renews neither with the same key nor with a new one',
  ],
  [
    "its renewal with another device's assertion",
    'app_attest_other_key',
    renewal,
    'an assertion of another device is refused',
  ],
  [
    "its renewal with another device's assertion",
    'app_attest_other_key',
    assertion,
    "another device's, under its own key id",
  ],
  [
    'REVOKED at each position',
    'android_key_revoked',
    android,
    "describe('serial numbers on the status list'",
  ],
  [
    'SUSPENDED at each position',
    'android_key_suspended',
    android,
    "describe('serial numbers on the status list'",
  ],
  ['App Attest: a wrong rpId', 'app_attest_app_mismatch', apple, 'wrong rpId: of another app'],
  ['App Attest: a wrong rpId', 'app_attest_app_mismatch', iphones, "'other-app':"],
  [
    'App Attest: a wrong environment',
    'app_attest_environment_not_allowed',
    apple,
    'environment: of development where production is asked for',
  ],
  ['App Attest: a wrong counter', 'app_attest_counter_not_zero', apple, 'counter: not zero'],
  [
    'App Attest: a wrong credential id',
    'app_attest_credential_id_mismatch',
    apple,
    'credential id: of another key, too short, too long, empty',
  ],
  ['App Attest: a wrong nonce', 'app_attest_nonce_mismatch', apple, 'nonce: another challenge'],
  ['App Attest: trailing bytes', 'app_attest_trailing_bytes', apple, 'trailing bytes: after the'],
  ['App Attest: 10 MB of CBOR', 'attestation_too_large', apple, '10 MB of CBOR'],
  ['App Attest: 10 MB of CBOR', 'attestation_too_large', assertion, '10 MB of CBOR as evidence'],
  ['App Attest: deep nesting', 'app_attest_nested_too_deep', apple, 'deep nesting: as the object'],
  [
    'an assertion with an equal or lower counter',
    'app_attest_counter_not_risen',
    renewal,
    'the counter rises with each assertion',
  ],
  [
    'an assertion with an equal or lower counter',
    'app_attest_counter_not_risen',
    assertion,
    'equal or lower counter',
  ],
  [
    'two assertions of one counter at once',
    'app_attest_counter_not_risen',
    assertion,
    'two at once: the second finds the counter of the first',
  ],
]

/** Told to the phone as they are: it sent no evidence, or evidence that is not looked at. */
const ownFace: ReadonlySet<ReasonCode> = new Set(['challenge_used', 'renewal_evidence_required'])
/** Of two at once the second is the lower one. */
const shared = new Map<ReasonCode, number>([['app_attest_counter_not_risen', 2]])

describe('each hostile case of evidence is refused, with a code of its own', () => {
  for (const [input, tests] of Map.groupBy(coverage, ([kind]) => kind)) {
    test(input, () => {
      for (const [, code, file, title] of tests) {
        const found = namedTest(file, title)
        assert.ok(found !== undefined, `${file} has no "${title}"`)
        assert.ok(found.includes(`'${code}'`), `${file}: "${title}" does not name ${code}`)
      }
    })
  }

  test('no two cases share a code, but those of which one is the other', () => {
    for (const [code, rows] of Map.groupBy(coverage, ([, own]) => own)) {
      const cases = new Set(rows.map(([input]) => input))
      assert.equal(cases.size, shared.get(code) ?? 1, `${code}: ${[...cases].join('; ')}`)
    }
  })

  test('the phone hears of each one public reason, and cannot mend it by trying again', () => {
    for (const [, code] of coverage) {
      const { publicCode, retryable }: Reason = reasons[code]
      assert.equal(publicCode, ownFace.has(code) ? undefined : 'evidence_refused', code)
      assert.equal(retryable, false, code)
    }
  })
})
