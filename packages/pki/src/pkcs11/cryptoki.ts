// A pure table: what is used of PKCS#11 v2.40 (OASIS), and of the binding to it.
import { createRequire } from 'node:module'
import { Problem } from '@sallyport/problem'

export type Handle = Buffer
type Attribute = { readonly type: number; readonly value?: number | boolean | string | Buffer }
export type Template = readonly Attribute[]
/** `parameter`: of OAEP. */
export type Mechanism = {
  readonly mechanism: number
  readonly parameter?: {
    readonly type: number
    readonly hashAlg: number
    readonly mgf: number
    readonly source: number
  }
}

/** The part of `pkcs11js` that is used. */
export type Cryptoki = {
  load(path: string): void
  C_Initialize(options: { flags: number }): void
  C_Finalize(): void
  C_GetSlotList(tokenPresent: boolean): Handle[]
  C_GetTokenInfo(slot: Handle): { label: string; flags: number }
  C_OpenSession(slot: Handle, flags: number): Handle
  C_CloseAllSessions(slot: Handle): void
  C_Login(session: Handle, user: number, pin: string): void
  C_FindObjectsInit(session: Handle, template: Template): void
  C_FindObjects(session: Handle, most: number): Handle[]
  C_FindObjectsFinal(session: Handle): void
  C_GetAttributeValue(session: Handle, object: Handle, template: Template): { value: Buffer }[]
  C_GenerateKeyPairAsync(
    session: Handle,
    mechanism: Mechanism,
    publicTemplate: Template,
    privateTemplate: Template,
  ): Promise<{ publicKey: Handle; privateKey: Handle }>
  C_DestroyObject(session: Handle, object: Handle): void
  C_SignInit(session: Handle, mechanism: Mechanism, key: Handle): void
  C_SignAsync(session: Handle, data: Buffer, signature: Buffer): Promise<Buffer>
  C_DecryptInit(session: Handle, mechanism: Mechanism, key: Handle): void
  C_DecryptAsync(session: Handle, encrypted: Buffer, decrypted: Buffer): Promise<Buffer>
}

export const ck = {
  osLockingOk: 2,
  sessionFlags: 6, // CKF_SERIAL_SESSION | CKF_RW_SESSION
  user: 1,
  pinCountLow: 0x1_0000,
  pinFinalTry: 0x2_0000,
  pinLocked: 0x4_0000,

  objectClass: 0,
  publicKey: 2,
  privateKey: 3,

  class: 0x000,
  token: 0x001,
  private: 0x002,
  label: 0x003,
  keyType: 0x100,
  id: 0x102,
  sensitive: 0x103,
  encrypt: 0x104,
  decrypt: 0x105,
  unwrap: 0x107,
  sign: 0x108,
  verify: 0x10a,
  derive: 0x10c,
  modulus: 0x120,
  modulusBits: 0x121,
  publicExponent: 0x122,
  extractable: 0x162,
  neverExtractable: 0x164,
  ecParameters: 0x180,
  ecPoint: 0x181,

  rsaKeyPairGeneration: 0x0000,
  ecKeyPairGeneration: 0x1040,
  ecdsa: 0x1041,
  sha256RsaPkcs: 0x0040,
  rsaPkcs: 0x0001,
  rsaPkcsOaep: 0x0009,

  oaepParameters: 4, // CK_PARAMS_RSA_OAEP, of the binding
  dataSpecified: 1, // CKZ_DATA_SPECIFIED
} as const

/** CKM_… and CKG_MGF1_… of the hashes of OAEP. */
export const oaepHashes = {
  sha1: { hash: 0x220, mask: 1 },
  sha256: { hash: 0x250, mask: 2 },
  sha384: { hash: 0x260, mask: 3 },
  sha512: { hash: 0x270, mask: 4 },
} as const

/** CK_RV that mean that what was open is gone, and that no bytes that were sent can bring about. */
export const goneCodes: ReadonlySet<number> = new Set([
  0x32, // CKR_DEVICE_REMOVED
  0x82, // CKR_OBJECT_HANDLE_INVALID
  0x60, // CKR_KEY_HANDLE_INVALID
  0xb0, // CKR_SESSION_CLOSED
  0xb3, // CKR_SESSION_HANDLE_INVALID
  0xe0, // CKR_TOKEN_NOT_PRESENT
  0xe1, // CKR_TOKEN_NOT_RECOGNIZED
  0x101, // CKR_USER_NOT_LOGGED_IN
  0x190, // CKR_CRYPTOKI_NOT_INITIALIZED
])
/** Those, and what a token may mean the same by: opening it again may help, or its module from the beginning. */
export const lostCodes: ReadonlySet<number> = new Set([
  ...goneCodes,
  0x05, // CKR_GENERAL_ERROR: of SoftHSM, where the files of a token are not there
  0x06, // CKR_FUNCTION_FAILED
  0x30, // CKR_DEVICE_ERROR
  0x90, // CKR_OPERATION_ACTIVE: one before it was left half done
])
export const pinCodes: ReadonlySet<number> = new Set([
  0xa0, // CKR_PIN_INCORRECT
  0xa1, // CKR_PIN_INVALID
  0xa2, // CKR_PIN_LEN_RANGE
  0xa3, // CKR_PIN_EXPIRED
  0xa4, // CKR_PIN_LOCKED
])
export const alreadyLoggedIn = 0x100
export const alreadyInitialized = 0x191

/** The CK_RV of an error of the binding, or undefined. */
export function cryptokiCode(error: unknown): number | undefined {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'number' ? code : undefined
}

/**
 * Loads the module of a token. The binding, `pkcs11js`, is native code, and never needed but here: it is
 * installed by whoever has a token, in any folder of NODE_PATH or above this one.
 *
 * @param path of the shared library of the token
 * @throws Problem `hardware_token_unavailable`
 */
export function loadCryptoki(path: string): Cryptoki {
  const cryptoki = newBinding()
  try {
    cryptoki.load(path)
    initialize(cryptoki)
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause)
    throw new Problem('hardware_token_unavailable', { detail: path, found, cause })
  }
  return cryptoki
}

/** Begins with a module that is loaded, unless that was done. */
export function initialize(cryptoki: Cryptoki): void {
  try {
    cryptoki.C_Initialize({ flags: ck.osLockingOk })
  } catch (error) {
    if (cryptokiCode(error) !== alreadyInitialized) throw error
  }
}

function newBinding(): Cryptoki {
  try {
    const { PKCS11 } = createRequire(import.meta.url)('pkcs11js') as { PKCS11: new () => Cryptoki }
    return new PKCS11()
  } catch (cause) {
    throw new Problem('hardware_token_unavailable', {
      detail: 'the package pkcs11js is not installed, or was built for another Node',
      expected: 'npm install pkcs11js, beside sallyport or in a folder of NODE_PATH',
      found: cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause),
      cause,
    })
  }
}
