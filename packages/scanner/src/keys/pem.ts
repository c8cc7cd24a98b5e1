import { hash } from 'node:crypto'
import { holdKey, privateKeyOf } from './containers/private-key.ts'
import type { Sealed } from './contents.ts'
import { KeyFault, unlessFault } from './key-fault.ts'
import { ciphers } from './password/block-ciphers.ts'

/** Of the marker that ends a block, or begins the next. Larger keystores are no PEM. */
export const maxPemCharacters = 256 * 1024
export const pemMarker = '-----BEGIN '

export type PemBlock = {
  /** `EC PRIVATE KEY`. Nobody is bound to it: what is inside is told by its structure. */
  readonly label: string
  readonly bytes: Buffer
  /** Characters, up to the end of the base64. */
  readonly length: number
  /** Where it is encrypted as OpenSSL did before PKCS#8 (`DEK-Info`). */
  readonly sealed?: Sealed
}

/**
 * A PEM block (RFC 7468) at the beginning of this text, however it was carried: line ends of any kind or none, as
 * `\n` of a string literal, as entities of XML, indented, in pieces joined by `+`. A missing END is forgiven.
 *
 * @param text from the marker on, up to {@link maxPemCharacters}
 */
export function readPem(text: string): PemBlock | undefined {
  const begin = /^-----BEGIN ([A-Z0-9 .]{1,60})-----/.exec(text)
  const label = begin?.[1]
  if (begin === null || label === undefined) return undefined
  const next = text.indexOf('-----', begin[0].length)
  const body = text.slice(begin[0].length, next < 0 ? text.length : next)
  const header = /DEK-Info: ?([A-Z0-9-]{3,20}),([0-9A-Fa-f]{16,32})/.exec(body.slice(0, 300))
  const encoded = body.slice(header === null ? 0 : header.index + header[0].length)
  const characters = /^[A-Za-z0-9+/]*={0,2}/.exec(withoutLineEnds(encoded))?.[0] ?? ''
  const bytes = Buffer.from(characters, 'base64')
  if (bytes.length < 40) return undefined
  const block = { label, bytes, length: begin[0].length + body.length }
  if (header === null) return block
  return { ...block, sealed: sealedByHeader(header[1] ?? '', header[2] ?? '', bytes) }
}

function withoutLineEnds(text: string): string {
  return text
    .replace(/["']\s*\+\s*["']/g, '')
    .replace(/\\{1,4}(?:[nrt]|u000[aAdD]|\r?\n)|&#(?:10|13|x0?[aAdD]);|[\s"',]+/g, '')
}

/** The key is MD5 of password and salt, once (`EVP_BytesToKey`). */
function sealedByHeader(cipherName: string, ivHex: string, data: Buffer): Sealed {
  const iv = Buffer.from(ivHex, 'hex')
  return {
    holds: 'a private key',
    protection: `OpenSSL (MD5, 1 round; ${cipherName})`,
    rounds: 1,
    open: (password) => {
      if (!Object.hasOwn(ciphers, cipherName)) throw new KeyFault(`${cipherName} is not computed`)
      const cipher = ciphers[cipherName as keyof typeof ciphers]
      if (iv.length !== cipher.ivBytes) throw new KeyFault('an IV of another length')
      return unlessFault(() => {
        let derived = Buffer.alloc(0)
        for (let block = derived; derived.length < cipher.keyBytes; ) {
          const mixed = Buffer.concat([block, Buffer.from(password), iv.subarray(0, 8)])
          block = hash('md5', mixed, 'buffer')
          derived = Buffer.concat([derived, block])
        }
        const plain = cipher.decrypt(derived.subarray(0, cipher.keyBytes), iv, data)
        const key = unlessFault(() => privateKeyOf(plain, 'pkcs1')) ?? privateKeyOf(plain, 'sec1')
        return holdKey(key)
      })
    },
  }
}
