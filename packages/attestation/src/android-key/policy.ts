/** What an app asks of an Android Key Attestation. A member that is not there is not asked for. */
export type AndroidKeyPolicy = {
  /** One of them must have asked for the key. */
  readonly packages?: readonly string[]
  /** SHA-256 of the certificates that the app may be signed with, lower-case hex. */
  readonly signerDigests?: readonly string[]
  readonly requireLockedBootloader?: boolean
  readonly requireVerifiedBoot?: boolean
  /** SHA-256 of boot keys, lower-case hex, whose `SelfSigned` boot passes as verified too. */
  readonly verifiedBootKeys?: readonly string[]
  /** Lets a key be attested by an ATTEST_KEY of the same phone. */
  readonly allowAttestKey?: boolean
  /** Kinds of keys, as `ec-p256`, `rsa-2048`, `ml-dsa-65`. Not there: those that can be certified. */
  readonly keyKinds?: readonly string[]
  /** 1 to 4, then hundreds. */
  readonly minimumAttestationVersion?: number
  /** As KeyMint has it: 130000 is Android 13. */
  readonly minimumOsVersion?: number
  /** `2026-05` or `2026-05-05`; of a month, its first day. */
  readonly minimumOsPatchLevel?: string
  readonly minimumVendorPatchLevel?: string
  readonly minimumBootPatchLevel?: string
  /** Of each patch level, in days before the appraisal. */
  readonly maximumPatchAgeDays?: number
  /** `required`: every use of the key asks for the user. */
  readonly userAuthentication?: 'required' | 'none'
  /** Phones whose KeyMint has this version or a later one were launched with remote provisioning and must use it. */
  readonly remoteProvisioningFrom?: number
}
