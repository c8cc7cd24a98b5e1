import type { KeyObject } from 'node:crypto'

/** What a key container shows, and what it still seals. */
export type Contents = {
  readonly certificates: readonly HeldCertificate[]
  readonly keys: readonly HeldKey[]
  readonly sealed: readonly Sealed[]
}

export type HeldCertificate = {
  readonly der: Buffer
  readonly alias?: string
}

export type HeldKey = {
  readonly key: KeyObject
  readonly alias?: string
}

/** Something that a password opens. */
export type Sealed = {
  readonly holds: 'a private key' | 'keys or certificates'
  readonly alias?: string
  /** How it is sealed, for a person: `PBES2 (PBKDF2, 2048 rounds; AES-256-CBC)`. */
  readonly protection: string
  /** Rounds of a hash that one try costs. */
  readonly rounds: number
  /** Tells, in microseconds, that a password is the store's, and so most likely the key's as well. */
  readonly recognises?: (password: string) => boolean
  /**
   * Undefined where the password is not the one. Opened contents may seal something yet.
   *
   * @throws KeyFault where no password can open it
   */
  readonly open: (password: string) => Contents | undefined
}

export const nothingHeld: Contents = { certificates: [], keys: [], sealed: [] }

export function joinContents(parts: readonly Contents[]): Contents {
  return {
    certificates: parts.flatMap((part) => part.certificates),
    keys: parts.flatMap((part) => part.keys),
    sealed: parts.flatMap((part) => part.sealed),
  }
}
