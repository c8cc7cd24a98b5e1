import { type TrustAnchor, trustAnchor } from '@sallyport/attestation'
import { type Certificate, certificatesFromPem } from '@sallyport/pki'
import { isProblem, Problem } from '@sallyport/problem'
import { sha256Hex } from './kept-copy.ts'

/** Google publishes a handful, of about two KiB each. */
export const maxPublishedRootsBytes = 256 * 1024
const maxRoots = 64

/** The roots that a publisher names. */
export type PublishedRoots = {
  readonly certificates: readonly Certificate[]
  /** SHA-256 of certificates that we cannot read, hex: of a kind of tomorrow. */
  readonly unreadable: readonly string[]
}

/**
 * Reads a JSON array of PEM certificates (https://android.googleapis.com/attestation/root). That one
 * is published does not make it trusted.
 *
 * @throws Problem `published_roots_malformed`
 */
export function parsePublishedRoots(json: Uint8Array): PublishedRoots {
  const pems = readArray(json)
  const certificates: Certificate[] = []
  const unreadable: string[] = []
  for (const pem of pems) {
    try {
      certificates.push(...certificatesFromPem(pem))
    } catch (error) {
      if (!isProblem(error)) throw error
      unreadable.push(sha256Hex(Buffer.from(pem)))
    }
  }
  if (certificates.length === 0) throw malformed('a certificate that can be read', 'none')
  return { certificates, unreadable }
}

function readArray(json: Uint8Array): readonly string[] {
  if (json.length > maxPublishedRootsBytes) {
    throw malformed(`at most ${maxPublishedRootsBytes} bytes`, `${json.length}`)
  }
  const text = Buffer.from(json).toString('utf8')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw malformed('JSON', error instanceof Error ? error.message : String(error))
  }
  if (!Array.isArray(value) || value.length > maxRoots || !value.every(isText)) {
    throw malformed(`an array of at most ${maxRoots} PEM certificates`, text.slice(0, 60))
  }
  return value
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function malformed(expected: string, found: string): Problem {
  const detail = `Expected ${expected}, found ${found}`
  return new Problem('published_roots_malformed', { detail, expected, found })
}

/** What pinned keys come to, with what is built in and what is published. */
export type PinnedRoots = {
  /** One a key. */
  readonly anchors: readonly TrustAnchor[]
  /** Published, and not pinned: never trusted. One a key. */
  readonly unpinned: readonly TrustAnchor[]
  /** Keys that are pinned and not published any more. Empty where nothing was published. */
  readonly vanished: readonly string[]
  /** Keys that are pinned, and no certificate of theirs is known. */
  readonly unknown: readonly string[]
}

/** @param pins SHA-256 of SubjectPublicKeyInfos, hex */
export function pinRoots(
  pins: readonly string[],
  builtIn: readonly TrustAnchor[],
  published: PublishedRoots | undefined,
): PinnedRoots {
  const named = (published?.certificates ?? []).map((root) => trustAnchor(root))
  const known = new Map([...named, ...builtIn].map((anchor) => [anchor.spkiSha256, anchor]))
  const namedKeys = new Set(named.map(({ spkiSha256 }) => spkiSha256))
  return {
    anchors: pins.flatMap((pin) => known.get(pin) ?? []),
    unpinned: [...namedKeys]
      .filter((key) => !pins.includes(key))
      .flatMap((key) => known.get(key) ?? []),
    vanished: published === undefined ? [] : pins.filter((pin) => !namedKeys.has(pin)),
    unknown: pins.filter((pin) => !known.has(pin)),
  }
}
