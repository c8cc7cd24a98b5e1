import { readDer, tags } from '@sallyport/pki'
import { type AuthorizationList, readAuthorizationList } from './authorization-list.ts'
import { octets, smallInteger, word } from './authorization-values.ts'
import { type SecurityLevel, securityLevels } from './key-mint-values.ts'

/** The certificate extension that holds a KeyDescription. */
export const keyDescriptionOid = '1.3.6.1.4.1.11129.2.1.17'

/** What Android Key Attestation says of a key. */
export type KeyDescription = {
  /** 1 to 4 of Keymaster, then 100, 200 … of KeyMint. */
  readonly attestationVersion: number
  /** Where this description was made and signed. */
  readonly attestationSecurityLevel: SecurityLevel
  /** 0, 1, 2, 3, 4, 41 of Keymaster, then 100, 200 … of KeyMint. */
  readonly keyMintVersion: number
  /** Where the key lives. */
  readonly keyMintSecurityLevel: SecurityLevel
  /** What the app asked for the key with: up to 128 bytes. */
  readonly attestationChallenge: Buffer
  /** Empty but for apps of the system. */
  readonly uniqueId: Buffer
  /** What Android says and enforces: only as good as the Android that was booted. */
  readonly softwareEnforced: AuthorizationList
  /** What the secure hardware says and enforces; `teeEnforced` in older schemas. */
  readonly hardwareEnforced: AuthorizationList
}

/**
 * Reads the value of the extension (DER). Lenient in two things alone, the order of tags and tags that
 * are not known; everything else must be strict DER of the published kind. Throws DerError. Bound by
 * the size of the certificate it stands in. Not checked: whether any of it is true, or good enough.
 * Source: https://source.android.com/docs/security/features/keystore/attestation#schema
 */
export function readKeyDescription(der: Uint8Array): KeyDescription {
  const outer = readDer(der)
  const fields = outer.enter('KeyDescription')
  outer.end('KeyDescription')
  const description: KeyDescription = {
    attestationVersion: smallInteger(fields, 'attestationVersion'),
    attestationSecurityLevel: word(
      fields,
      tags.enumerated,
      securityLevels,
      'attestationSecurityLevel',
    ),
    keyMintVersion: smallInteger(fields, 'keyMintVersion'),
    keyMintSecurityLevel: word(fields, tags.enumerated, securityLevels, 'keyMintSecurityLevel'),
    attestationChallenge: octets(fields, 'attestationChallenge'),
    uniqueId: octets(fields, 'uniqueId'),
    softwareEnforced: readAuthorizationList(fields, 'softwareEnforced'),
    hardwareEnforced: readAuthorizationList(fields, 'hardwareEnforced'),
  }
  fields.end('KeyDescription')
  return description
}
