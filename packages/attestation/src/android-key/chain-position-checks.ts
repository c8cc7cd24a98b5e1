import { type CheckRow, holds, unchecked } from '../check-table.ts'
import type { AndroidKeySubject } from './android-key-subject.ts'
import { brokenBindings, isAttestKey } from './attest-key.ts'
import { securityLevelOf } from './chain-shape.ts'
import { purposeText } from './key-mint-values.ts'

/** What stands where in a chain. Above all, that nothing was hung on to it below. */
export const chainPositionChecks: readonly CheckRow<AndroidKeySubject>[] = [
  {
    name: 'chainShape',
    code: 'android_chain_shape_unknown',
    kind: 'proof',
    run: ({ shape, chain }) =>
      holds(
        shape.provisioning !== undefined,
        'leaf, batch and intermediate of a factory, or leaf, batch, server and intermediate of remote provisioning',
        shape.provisioning === undefined
          ? `${chain.certificates.length} certificates, ${shape.intermediates.length} of them between phone and root`
          : `${shape.provisioning} provisioning`,
      ),
  },
  {
    name: 'keyDescription',
    code: 'android_key_description_missing',
    kind: 'proof',
    run: ({ described }) =>
      holds(described.includes(0), 'a KeyDescription in the leaf', positions(described)),
  },
  {
    // Whoever has a genuine attested key that signs can sign a certificate with it, of any key and
    // with any KeyDescription. That key's own certificate then stands at position 1.
    name: 'chainNotExtended',
    code: 'android_chain_extended',
    kind: 'proof',
    run: ({ attester }) =>
      holds(
        attester === undefined || isAttestKey(attester),
        'no certificate below that of an attested key, but for a key that can only attest',
        attester === undefined
          ? 'none'
          : `one below a key of purpose ${purposeText(attester.hardwareEnforced.purposes)}`,
      ),
  },
  {
    name: 'intermediatesUndescribed',
    code: 'android_key_description_in_intermediate',
    kind: 'proof',
    run: ({ described }) =>
      holds(
        described.every((position) => position < 2),
        'no KeyDescription above the keys of the phone',
        positions(described),
      ),
  },
  {
    name: 'attestKeyAllowed',
    code: 'android_attest_key_not_allowed',
    kind: 'policy',
    run: ({ attester, policy: { allowAttestKey = false } }) => {
      if (attester === undefined || !isAttestKey(attester)) return unchecked('no attesting key')
      return holds(
        allowAttestKey,
        'attested by the batch key itself',
        'attested by a key of the phone',
      )
    },
  },
  {
    name: 'attestKeyBinding',
    code: 'android_attest_key_unbound',
    kind: 'proof',
    run: ({ attester, description }) => {
      if (attester === undefined || description === undefined || !isAttestKey(attester)) {
        return unchecked('no attesting key')
      }
      const [broken] = brokenBindings(attester, description)
      return broken === undefined
        ? holds(true, 'an attesting key of the same hardware, boot and app', 'such a key')
        : holds(false, `of the attesting key: ${broken.expected}`, broken.found)
    },
  },
  {
    name: 'chainSecurityLevel',
    code: 'android_chain_level_mismatch',
    kind: 'proof',
    run: ({ shape, description }) => {
      const level = securityLevelOf(shape)
      if (shape.provisioning === undefined || description === undefined) {
        return unchecked('not reached')
      }
      const { attestationSecurityLevel: said } = description
      return holds(said === level, level ?? 'a level in the name of the batch key', said)
    },
  },
]

function positions(described: readonly number[]): string {
  return described.length === 0 ? 'none at all' : `one in certificate ${described.join(', ')}`
}
