import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto'
import { isProblem, Problem } from '@sallyport/problem'
import type { KeyTransport } from '../cms/key-transport.ts'
import { type KeyKind, keyKindOf } from '../key-kind.ts'
import type { KeyProvider, SigningKey, UnwrapKey } from '../signing-key.ts'
import { objectIn, VaultClient, type VaultOptions } from './vault-client.ts'

/** The names of Vault are ours but for the curves. */
const types: Readonly<Record<KeyKind, string>> = {
  'ec-p256': 'ecdsa-p256',
  'ec-p384': 'ecdsa-p384',
  'rsa-2048': 'rsa-2048',
  'rsa-3072': 'rsa-3072',
  'rsa-4096': 'rsa-4096',
}

/** A CA is of one key: that a key of Vault was rotated there changes nothing here. */
const version = 1

/**
 * Keys in the secrets engine Transit of HashiCorp Vault, or OpenBao: made there, not exportable, and known
 * by their name. Problems `vault_unavailable`, `vault_refused`, `key_exists`, `key_missing`,
 * `key_extractable` of a key that could leave.
 */
export function vaultKeyProvider(options: VaultOptions): KeyProvider {
  const client = new VaultClient(options)
  const { mount } = options
  const keyPath = (name: string) => `${mount}/keys/${encodeURIComponent(name)}`
  const read = async (name: string) => {
    const { status, data } = await client.ask('GET', keyPath(name))
    return status === 404 ? undefined : data
  }
  const open = async (name: string): Promise<SigningKey> => {
    const data = await read(name)
    if (data === undefined) throw missing(name, mount, 'none')
    if (data['exportable'] !== false || data['allow_plaintext_backup'] !== false) {
      throw new Problem('key_extractable', { detail: `${name}, in ${mount}` })
    }
    const publicKey = publicKeyIn(data, name, mount)
    const keyKind = keyKindOf(publicKey)
    if (keyKind === undefined)
      throw missing(name, mount, 'a key of no kind that signs certificates')
    const at = encodeURIComponent(name)
    const unwrap: UnwrapKey = (encryptedKey, transport) =>
      decrypt(client, `${mount}/decrypt/${at}`, encryptedKey, transport)
    return {
      keyKind,
      spki: publicKey.export({ format: 'der', type: 'spki' }),
      publicKey,
      sign: (bytes) => sign(client, `${mount}/sign/${at}`, { kind: keyKind, publicKey, bytes }),
      ...(keyKind.startsWith('rsa-') ? { unwrap } : {}),
    }
  }
  const create = async (name: string, kind: KeyKind): Promise<SigningKey> => {
    // To make a key that is there is no error in Vault.
    if ((await read(name)) !== undefined) {
      throw new Problem('key_exists', { detail: `${name}, in ${mount}` })
    }
    await client.ask('POST', keyPath(name), {
      type: types[kind],
      exportable: false,
      allow_plaintext_backup: false,
    })
    return open(name)
  }
  return {
    create,
    // What a key of RSA may be used for is for the policies of Vault to say.
    createUnwrapping: create,
    open,
    async list() {
      const { status, data } = await client.ask('GET', `${mount}/keys?list=true`)
      const names = status === 404 ? [] : data['keys']
      return Array.isArray(names) ? names.map(String).toSorted() : []
    },
  }
}

async function sign(
  client: VaultClient,
  path: string,
  { kind, publicKey, bytes }: { kind: KeyKind; publicKey: KeyObject; bytes: Uint8Array },
): Promise<Buffer> {
  const hash = kind === 'ec-p384' ? 'sha384' : 'sha256'
  const { data } = await client.ask('POST', path, {
    input: createHash(hash).update(bytes).digest('base64'),
    prehashed: true,
    hash_algorithm: kind === 'ec-p384' ? 'sha2-384' : 'sha2-256',
    key_version: version,
    ...(kind.startsWith('rsa')
      ? { signature_algorithm: 'pkcs1v15' }
      : { marshaling_algorithm: 'asn1' }),
  })
  const match = /^vault:v(\d+):([A-Za-z0-9+/]+={0,2})$/.exec(String(data['signature']))
  const signature = Buffer.from(match?.[2] ?? '', 'base64')
  const isOfVersion = match !== null && Number(match[1]) === version
  // A key that was deleted and made anew there has the same name, and another public half.
  if (isOfVersion && verify(hash, bytes, publicKey, signature)) return signature
  throw new Problem('vault_unavailable', {
    expected: `a signature by version ${version} of the key that was opened`,
    found: isOfVersion ? 'one by another key' : 'another answer',
  })
}

/**
 * Vault names the padding in `padding_scheme` since 1.17, decrypts OAEP with SHA-256 alone, and answers 400 to
 * whatever it does not decrypt.
 */
async function decrypt(
  client: VaultClient,
  path: string,
  encryptedKey: Buffer,
  transport: KeyTransport,
): Promise<Buffer | undefined> {
  try {
    const { data } = await client.ask('POST', path, {
      ciphertext: `vault:v${version}:${encryptedKey.toString('base64')}`,
      padding_scheme: transport.name === 'rsaes-oaep' ? 'oaep' : 'pkcs1v15',
    })
    const { plaintext } = data
    return typeof plaintext === 'string' ? Buffer.from(plaintext, 'base64') : undefined
  } catch (error) {
    if (isProblem(error) && error.code === 'vault_refused' && error.found === 'status 400') {
      return undefined
    }
    throw error
  }
}

function publicKeyIn(
  data: Readonly<Record<string, unknown>>,
  name: string,
  mount: string,
): KeyObject {
  const pem = objectIn(objectIn(data['keys'])?.[String(version)])?.['public_key']
  if (typeof pem !== 'string' || pem.length > 4_096) {
    throw missing(name, mount, `no public key of version ${version}`)
  }
  try {
    return createPublicKey(pem)
  } catch (cause) {
    throw new Problem('key_missing', { detail: `${name}, in ${mount}`, found: 'no key', cause })
  }
}

function missing(name: string, mount: string, found: string): Problem {
  return new Problem('key_missing', { detail: `the key ${name} in ${mount}`, found })
}
