/**
 * One key of this device, whose private part never leaves its store. Over a bridge (React Native,
 * Kotlin, Swift) it is an alias in the Android Keystore or a reference into the Secure Enclave; the
 * transport of the same platform finds the key again by `id`.
 */
export interface KeyHandle {
  /** The name it was created under: 1 to 64 characters of `[a-z0-9-]`. */
  readonly id: string
  /** SubjectPublicKeyInfo, DER. */
  publicKey(): Promise<Uint8Array>
  /** A PKCS#10 request with an empty subject, signed by this key, DER. Only its key is ever used. */
  signingRequest(): Promise<Uint8Array>
  /** A signature over the data with SHA-256: ECDSA as a DER sequence (RFC 3279 §2.2.3), or PKCS#1 v1.5. */
  sign(data: Uint8Array): Promise<Uint8Array>
}

/**
 * Where a device keeps its keys, and one record beside them. Implementations throw on failure; the
 * client turns that into `key_store_failed`. One client at a time uses a store.
 *
 * The record says which key belongs to which certificate. It must be stored so that it goes when the
 * app goes and is not part of a backup: restored on another phone it would name keys that are not there
 * (the client then asks to enrol again).
 */
export interface KeyStore {
  /**
   * Makes a key that signs, by default EC P-256, durable before the promise resolves. A key that is
   * already there under the id is replaced.
   *
   * `challenge`: 32 bytes that the key is to be attested over, where the platform binds attestation
   * to the making of the key (Android: `setAttestationChallenge`).
   */
  create(id: string, options: { challenge: Uint8Array | undefined }): Promise<KeyHandle>
  /** The key of this id, or undefined where there is none. */
  open(id: string): Promise<KeyHandle | undefined>
  /** Destroys a key. Nothing happens where there is none. */
  delete(id: string): Promise<void>
  /** The record as it was last saved, or undefined. */
  loadRecord(): Promise<string | undefined>
  /** Replaces the record as a whole, atomically, durable before the promise resolves. */
  saveRecord(record: string): Promise<void>
}
