/** A key that everybody has: of a library, a test suite, a specification. */
export type KnownPublicKey = { readonly of: string; readonly source: string }

/** By SHA-256 of the SPKI, hex. Hashes are made by `scripts/known-public-keys.ts` from what is published there. */
export const knownPublicKeys: ReadonlyMap<string, KnownPublicKey> = new Map()
