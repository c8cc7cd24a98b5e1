import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto'
import { Problem } from '@sallyport/problem'
import { type KeyKind, keyKinds } from './key-kind.ts'

/** Cost of deriving the key: memory is 128 · N · r bytes. */
export type ScryptCost = { readonly N: number; readonly r: number; readonly p: number }

/** 128 MiB and a few tenths of a second for each guess. */
export const defaultScryptCost: ScryptCost = { N: 2 ** 17, r: 8, p: 1 }

/**
 * What a file may ask for. The file is read before the passphrase is known to fit it, so that
 * whoever can write it must not be able to choose a trivial cost, nor all of the memory.
 */
const costBounds = { minN: 2 ** 14, maxN: 2 ** 20, minR: 8, maxR: 16, maxP: 4 }
const maxMemoryBytes = 512 * 1024 * 1024

/** `<name>.key.json`. Binary members are base64url. */
export type KeyFile = {
  readonly version: 1
  readonly name: string
  readonly kind: KeyKind
  readonly kdf: { readonly name: 'scrypt'; readonly salt: string } & ScryptCost
  readonly cipher: { readonly name: 'aes-256-gcm'; readonly iv: string; readonly tag: string }
  /** PKCS#8 DER of the private key. */
  readonly ciphertext: string
}

/** Encrypts a private key under a passphrase. Name and kind are bound to it. */
export async function sealKeyFile(options: {
  name: string
  kind: KeyKind
  pkcs8: Uint8Array
  passphrase: string
  cost: ScryptCost
}): Promise<KeyFile> {
  const { name, kind, cost } = options
  assertCost(name, cost)
  const salt = randomBytes(32)
  const iv = randomBytes(12)
  const key = await deriveKey(options.passphrase, salt, cost)
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  cipher.setAAD(boundData(name, kind))
  const ciphertext = Buffer.concat([cipher.update(options.pkcs8), cipher.final()])
  key.fill(0)
  return {
    version: 1,
    name,
    kind,
    kdf: { name: 'scrypt', ...cost, salt: salt.toString('base64url') },
    cipher: {
      name: 'aes-256-gcm',
      iv: iv.toString('base64url'),
      tag: cipher.getAuthTag().toString('base64url'),
    },
    ciphertext: ciphertext.toString('base64url'),
  }
}

/**
 * Decrypts to PKCS#8 DER; the caller wipes it. Problem `key_passphrase_wrong` where it does not
 * open, which a changed or renamed file looks like too.
 */
export async function openKeyFile(file: KeyFile, passphrase: string): Promise<Buffer> {
  const key = await deriveKey(passphrase, Buffer.from(file.kdf.salt, 'base64url'), file.kdf)
  const iv = Buffer.from(file.cipher.iv, 'base64url')
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: 16 })
  decipher.setAAD(boundData(file.name, file.kind))
  decipher.setAuthTag(Buffer.from(file.cipher.tag, 'base64url'))
  try {
    const opened = decipher.update(Buffer.from(file.ciphertext, 'base64url'))
    return Buffer.concat([opened, decipher.final()])
  } catch (error) {
    throw new Problem('key_passphrase_wrong', {
      detail: `the key ${file.name} does not open with this passphrase, or its file was changed`,
      cause: error,
    })
  } finally {
    key.fill(0)
  }
}

/** The text of a key file as one. Problem `key_file_malformed` names the member at fault. */
export function readKeyFile(text: string, name: string): KeyFile {
  const file = parseObject(text, name)
  const kdf = objectMember(file, 'kdf', name)
  const cipher = objectMember(file, 'cipher', name)
  const isBytes = (value: unknown, least: number, most: number) =>
    typeof value === 'string' &&
    /^[A-Za-z0-9_-]*$/.test(value) &&
    value.length >= Math.ceil((least * 4) / 3) &&
    value.length <= Math.ceil((most * 4) / 3)
  const members: readonly [member: string, isRight: boolean, expected: string][] = [
    ['version', file['version'] === 1, '1'],
    ['name', file['name'] === name, name],
    ['kind', keyKinds.includes(file['kind'] as KeyKind), keyKinds.join(', ')],
    ['kdf.name', kdf['name'] === 'scrypt', 'scrypt'],
    ['kdf.salt', isBytes(kdf['salt'], 16, 64), '16 to 64 bytes in base64url'],
    ['cipher.name', cipher['name'] === 'aes-256-gcm', 'aes-256-gcm'],
    ['cipher.iv', isBytes(cipher['iv'], 12, 12), '12 bytes in base64url'],
    ['cipher.tag', isBytes(cipher['tag'], 16, 16), '16 bytes in base64url'],
    ['ciphertext', isBytes(file['ciphertext'], 32, 8_192), '32 to 8192 bytes in base64url'],
  ]
  const wrong = members.find(([, isRight]) => !isRight)
  if (wrong !== undefined) throw malformed(name, wrong[0], wrong[2])
  assertCost(name, kdf as ScryptCost)
  return file as unknown as KeyFile
}

function assertCost(name: string, { N, r, p }: ScryptCost): void {
  const { minN, maxN, minR, maxR, maxP } = costBounds
  const isPowerOfTwo = Number.isSafeInteger(N) && Number.isInteger(Math.log2(N))
  if (!isPowerOfTwo || N < minN || N > maxN) {
    throw malformed(name, 'kdf.N', `a power of two from ${minN} to ${maxN}`)
  }
  if (!Number.isInteger(r) || r < minR || r > maxR || 128 * N * r > maxMemoryBytes) {
    throw malformed(name, 'kdf.r', `from ${minR} to ${maxR}, and 128·N·r at most 512 MiB`)
  }
  if (!Number.isInteger(p) || p < 1 || p > maxP) throw malformed(name, 'kdf.p', `1 to ${maxP}`)
}

function deriveKey(passphrase: string, salt: Buffer, { N, r, p }: ScryptCost): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // maxmem counts a little more than 128·N·r.
    const options = { N, r, p, maxmem: maxMemoryBytes + 2 ** 20 }
    scrypt(passphrase.normalize('NFC'), salt, 32, options, (error, key) => {
      if (error === null) resolve(key)
      else reject(error)
    })
  })
}

/** Additional authenticated data: a ciphertext cannot be moved to another name or kind. */
function boundData(name: string, kind: KeyKind): Buffer {
  return Buffer.from(`sallyport-key-v1\0${name}\0${kind}`)
}

function parseObject(text: string, name: string): Record<string, unknown> {
  try {
    return asObject(JSON.parse(text)) ?? {}
  } catch (error) {
    throw new Problem('key_file_malformed', {
      detail: `${name}: not JSON`,
      expected: 'a JSON file written by Sallyport',
      cause: error,
    })
  }
}

function objectMember(file: Record<string, unknown>, member: string, name: string) {
  const value = asObject(file[member])
  if (value === undefined) throw malformed(name, member, 'an object')
  return value
}

function asObject(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null
    ? (value as Record<string, unknown>)
    : undefined
}

function malformed(name: string, member: string, expected: string): Problem {
  return new Problem('key_file_malformed', { detail: `${name}: member ${member}`, expected })
}
