import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { KeyDescription } from '@sallyport/virtual-device'
import { checkOf, refusalsOf } from './android-fixture.ts'
import { appraise, attestedChain, attestKey, honest, withHardware } from './forged-chain.ts'

const policy = { allowAttestKey: true }
const boot = attestKey.hardwareEnforced.rootOfTrust
const { rootOfTrust: _, ...withoutBoot } = attestKey.hardwareEnforced
const { attestationApplicationId: __, ...withoutApp } = attestKey.softwareEnforced

function bindingOf(attester: KeyDescription, leaf: KeyDescription = honest) {
  const result = appraise(attestedChain(attester, { description: leaf }), { policy })
  return { ...checkOf(result, 'attestKeyBinding'), codes: refusalsOf(result), result }
}

describe('a key of the phone that attests', () => {
  it('is bound to what it attests on the same phone', () => {
    assert.deepEqual(bindingOf(attestKey).codes, [])
  })
  it('may be older than the last update of system and app, and made for another challenge', () => {
    const older: KeyDescription = {
      ...attestKey,
      attestationChallenge: Buffer.from('of last year'),
      softwareEnforced: {
        attestationApplicationId: {
          packages: [
            {
              name: honest.softwareEnforced.attestationApplicationId?.packages[0]?.name ?? '',
              version: 1,
            },
          ],
          signerDigests: honest.softwareEnforced.attestationApplicationId?.signerDigests ?? [],
        },
      },
      hardwareEnforced: {
        ...attestKey.hardwareEnforced,
        osPatchLevel: 202_501,
        ...(boot === undefined
          ? {}
          : { rootOfTrust: { ...boot, verifiedBootHash: Buffer.alloc(32, 1) } }),
      },
    }
    assert.deepEqual(bindingOf(older).codes, [])
  })

  assert.ok(boot !== undefined)
  const unbound: Readonly<Record<string, KeyDescription>> = {
    'that was imported': withHardware({ purposes: [7], origin: 2 }),
    'of a version that knows none': { ...attestKey, attestationVersion: 4 },
    'of other hardware': { ...attestKey, keyMintSecurityLevel: 'strongbox' },
    'that was attested in software': { ...attestKey, attestationSecurityLevel: 'software' },
    'of a phone that was unlocked': withHardware({
      purposes: [7],
      rootOfTrust: { ...boot, deviceLocked: false },
    }),
    'of a phone that ran another system': withHardware({
      purposes: [7],
      rootOfTrust: { ...boot, verifiedBootKey: Buffer.alloc(32, 9) },
    }),
    'of a phone that booted otherwise': withHardware({
      purposes: [7],
      rootOfTrust: { ...boot, verifiedBootState: 'self-signed' },
    }),
    'that tells no root of trust': { ...attestKey, hardwareEnforced: withoutBoot },
    'of no app': { ...attestKey, softwareEnforced: withoutApp },
    'of another app': {
      ...attestKey,
      softwareEnforced: {
        attestationApplicationId: {
          packages: [{ name: 'com.example.evil', version: 1 }],
          signerDigests: honest.softwareEnforced.attestationApplicationId?.signerDigests ?? [],
        },
      },
    },
    'of another signer': {
      ...attestKey,
      softwareEnforced: {
        attestationApplicationId: {
          packages: honest.softwareEnforced.attestationApplicationId?.packages ?? [],
          signerDigests: [Buffer.alloc(32, 9)],
        },
      },
    },
  }
  for (const [name, attester] of Object.entries(unbound)) {
    it(`${name} proves nothing`, () => {
      const { codes, result } = bindingOf(attester)
      assert.deepEqual(codes, ['android_attest_key_unbound'])
      assert.equal(result.assurance, 'unattested')
    })
  }

  it('is none where it may also sign, or software says so', () => {
    const both = withHardware({ purposes: [7, 2] })
    const said: KeyDescription = {
      ...attestKey,
      softwareEnforced: { ...attestKey.softwareEnforced, purposes: [2] },
    }
    const bySoftware: KeyDescription = {
      ...honest,
      softwareEnforced: { ...honest.softwareEnforced, purposes: [7] },
      hardwareEnforced: { ...honest.hardwareEnforced, purposes: [] },
    }
    for (const attester of [both, said, bySoftware]) {
      assert.deepEqual(bindingOf(attester).codes, ['android_chain_extended'])
    }
  })
  it('cannot attest another of its kind in place of a key that signs', () => {
    assert.deepEqual(bindingOf(attestKey, attestKey).codes, ['android_key_purpose_refused'])
  })
  it('whose description cannot be read makes the chain malformed', () => {
    const result = appraise(attestedChain(Buffer.from([0x30, 0])), { policy })
    assert.ok(refusalsOf(result).includes('attestation_malformed'))
    assert.equal(result.accepted, false)
    assert.equal(result.assurance, 'unattested')
  })
})
