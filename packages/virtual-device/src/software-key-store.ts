import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createSigningRequest, generateKey, type KeyKind } from '@sallyport/pki'
import { Problem } from '@sallyport/problem'
import type { KeyHandle, KeyStore } from '@sallyport/sdk'
import { readPrivateFile } from './private-file.ts'
import { replaceFile } from '@sallyport/pki'

const idForm = /^[a-z0-9-]{1,64}$/

/** What a handle stands for, for the transport and the tests of this package alone. */
const privateKeys = new WeakMap<KeyHandle, KeyObject>()

/** The private key behind a handle of a software key store; TypeError for any other handle. */
export function privateKeyOf(handle: KeyHandle): KeyObject {
  const key = privateKeys.get(handle)
  if (key === undefined) throw new TypeError('not a key of a software key store')
  return key
}

/** A handle whose key is this one: how a phone that misbehaves is made. */
export function softwareKeyHandle(id: string, privateKey: KeyObject): KeyHandle {
  const publicKey = createPublicKey(privateKey)
  const handle: KeyHandle = {
    id,
    publicKey: async () => publicKey.export({ format: 'der', type: 'spki' }),
    signingRequest: async () => createSigningRequest({ privateKey, publicKey }),
    sign: async (data) => sign('sha256', data, privateKey),
  }
  privateKeys.set(handle, privateKey)
  return handle
}

/**
 * Keys in files, for development and tests: PKCS#8 in PEM, not encrypted, mode 0600 in a directory of
 * mode 0700. Each write is durable and atomic. Throws Problem `key_file_permissions` for a key file that
 * others can read, `key_file_malformed` for one that is no key.
 */
export function softwareKeyStore(options: { directory: string; keyKind?: KeyKind }): KeyStore {
  const { directory, keyKind = 'ec-p256' } = options
  const recordPath = join(directory, 'device.json')
  const keyPath = (id: string) => {
    if (!idForm.test(id)) throw new TypeError(`not a key id: ${id}`)
    return join(directory, `${id}.pem`)
  }
  return {
    create: async (id) => {
      const path = keyPath(id)
      const { privateKey } = await generateKey(keyKind)
      await mkdir(directory, { recursive: true, mode: 0o700 })
      await replaceFile(path, privateKey.export({ format: 'pem', type: 'pkcs8' }).toString())
      return softwareKeyHandle(id, privateKey)
    },
    open: async (id) => {
      const path = keyPath(id)
      const pem = await readPrivateFile(path)
      return pem === undefined ? undefined : softwareKeyHandle(id, readKey(path, pem))
    },
    delete: (id) => rm(keyPath(id), { force: true }),
    loadRecord: () => readPrivateFile(recordPath),
    saveRecord: async (record) => {
      await mkdir(directory, { recursive: true, mode: 0o700 })
      await replaceFile(recordPath, record)
    },
  }
}

function readKey(path: string, pem: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch (error) {
    throw new Problem('key_file_malformed', { detail: path, cause: error })
  }
}
