/** What is asked of Play Integrity verdicts. A member that is not there is not asked for. */
export type PlayIntegrityPolicy = {
  /** AES key as the Play Console shows it: see `readDecryptionKey`. */
  readonly decryptionKey: string
  /** EC public key as the Play Console shows it: see `readVerificationKey`. */
  readonly verificationKey: string
  readonly packages?: readonly string[]
  /** SHA-256 of signing certificates, lower-case hex. */
  readonly signerDigests?: readonly string[]
  /** One of them. Default: PLAY_RECOGNIZED. UNEVALUATED is none, also where it is listed. */
  readonly appRecognition?: readonly string[]
  /** All of them must be there. Default: MEETS_DEVICE_INTEGRITY; an empty list asks for none. */
  readonly deviceRecognition?: readonly string[]
  /** As LICENSED; one of them. UNEVALUATED is none, also where it is listed. */
  readonly appLicensing?: readonly string[]
  readonly minimumVersionCode?: number
  readonly maxAgeSeconds?: number
}
