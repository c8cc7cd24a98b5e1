import { verify } from 'node:crypto'
import { Problem } from '@sallyport/problem'
import { fromBase64url } from '@sallyport/wire'
import { refuseDeepJson } from '../../api/json-depth.ts'
import type { AccountKey, SignatureAlgorithm } from './account-key.ts'

/** A flattened JWS (RFC 7515 §7.2.2) whose parts can be read. Nothing of it is verified yet. */
export type Jws = {
  readonly header: Readonly<Record<string, unknown>>
  /** Empty of a POST-as-GET. */
  readonly payload: Buffer
  readonly signature: Buffer
  /** What is signed. */
  readonly signed: string
}

const members = new Set(['protected', 'payload', 'signature'])
const maxHeaderCharacters = 8_192

/**
 * Reads a flattened JWS with a protected header and no other.
 *
 * @param headers the members that its header may have, and has no others
 * @throws Problem `acme_message_malformed`
 */
export function readJws(value: unknown, headers: ReadonlySet<string>): Jws {
  const message = recordOf(value, 'a flattened JWS')
  const surplus = Object.keys(message).find((name) => !members.has(name))
  if (surplus !== undefined) {
    throw malformed([...members].join(', '), `the member ${surplus.slice(0, 40)}`)
  }
  const protectedText = textOf(message, 'protected')
  const payloadText = textOf(message, 'payload')
  if (protectedText.length > maxHeaderCharacters) {
    throw malformed(`a header of at most ${maxHeaderCharacters} characters`, 'a longer one')
  }
  const header = readJson(bytesOf(protectedText, 'protected'), 'a protected header')
  const unknown = Object.keys(header).find((name) => !headers.has(name))
  if (unknown !== undefined) {
    // Also `crit` and `b64`: RFC 8555 §6.2 has no extension that must be understood.
    throw malformed(`no header but ${[...headers].join(', ')}`, unknown.slice(0, 40))
  }
  return {
    header,
    payload: bytesOf(payloadText, 'payload'),
    signature: bytesOf(textOf(message, 'signature'), 'signature'),
    signed: `${protectedText}.${payloadText}`,
  }
}

/** How each algorithm verifies: ECDSA signatures of JOSE are two numbers beside each other. */
const hashes: Readonly<Record<SignatureAlgorithm, string | undefined>> = {
  ES256: 'sha256',
  ES384: 'sha384',
  RS256: 'sha256',
  EdDSA: undefined,
}

/** @throws Problem `acme_signature_invalid` */
export function verifyJws(
  { signed, signature }: Jws,
  { key }: AccountKey,
  algorithm: SignatureAlgorithm,
): void {
  const options = { key, dsaEncoding: 'ieee-p1363' } as const
  if (verify(hashes[algorithm], Buffer.from(signed), options, signature)) return
  throw new Problem('acme_signature_invalid', {
    expected: `a signature by ${algorithm} and the key of the message`,
    found: 'one that does not verify',
  })
}

/**
 * A payload that is an object.
 *
 * @throws Problem `acme_message_malformed`
 */
export function readJson(bytes: Uint8Array, what: string): Readonly<Record<string, unknown>> {
  const text = Buffer.from(bytes).toString('utf8')
  refuseDeepJson(text)
  try {
    return recordOf(JSON.parse(text), what)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw malformed(`${what}: JSON`, 'no JSON')
  }
}

function recordOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>
  }
  throw malformed(what, 'something else')
}

function textOf(message: Readonly<Record<string, unknown>>, name: string): string {
  const value = Object.hasOwn(message, name) ? message[name] : undefined
  if (typeof value === 'string') return value
  throw malformed(`the member ${name}: a text`, typeof value)
}

function bytesOf(text: string, name: string): Buffer {
  const bytes = fromBase64url(text)
  if (bytes !== undefined) return Buffer.from(bytes)
  throw malformed(`${name} in base64url`, 'other characters')
}

/** Of what a client sent: it is told what was expected. */
export function malformed(expected: string, found: string): Problem {
  const detail = `Expected ${expected}, found ${found}`
  return new Problem('acme_message_malformed', { detail, expected, found })
}
