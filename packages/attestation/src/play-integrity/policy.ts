/** What is asked of Play Integrity verdicts. A member that is not there is not asked for. */
export type PlayIntegrityPolicy = {
  /** From the Play Console: AES key, base64. */
  readonly decryptionKey: string
  /** From the Play Console: EC public key, SubjectPublicKeyInfo, base64. */
  readonly verificationKey: string
  readonly packages?: readonly string[]
  /** SHA-256 of signing certificates, lower-case hex. */
  readonly signerDigests?: readonly string[]
  /** Default: PLAY_RECOGNIZED. */
  readonly appRecognition?: readonly string[]
  /** All of them must be there, as MEETS_DEVICE_INTEGRITY. */
  readonly deviceRecognition?: readonly string[]
  /** As LICENSED; one of them. */
  readonly appLicensing?: readonly string[]
  readonly minimumVersionCode?: number
  readonly maxAgeSeconds?: number
}
