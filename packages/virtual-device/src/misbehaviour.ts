import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { cp } from 'node:fs/promises'
import { createSigningRequest } from '@sallyport/pki'
import {
  type KeyHandle,
  type KeyStore,
  type Transport,
  TransportError,
  type TransportRequest,
} from '@sallyport/sdk'
import { privateKeyOf, softwareKeyHandle } from './software-key-store.ts'

/** Copies a device with its keys and all it knows: what an attacker does who got hold of them. */
export async function cloneDevice(directory: string, cloneDirectory: string): Promise<void> {
  await cp(directory, cloneDirectory, { recursive: true, errorOnExist: true, force: false })
}

/** What happens to a request: it never arrives, its answer is lost, or nothing. */
export type Mishap = 'request' | 'answer' | undefined

/** A network that loses requests or answers. A lost answer was given: the server has done its work. */
export function droppingTransport(
  transport: Transport,
  mishapOf: (request: TransportRequest) => Mishap,
): Transport {
  return {
    send: async (request) => {
      const mishap = mishapOf(request)
      if (mishap === 'request') throw new TransportError('connect', 'the request was dropped')
      const response = await transport.send(request)
      if (mishap === undefined) return response
      await new Response(response.body as ConstructorParameters<typeof Response>[0]).arrayBuffer()
      throw new TransportError('lost', 'the answer was dropped')
    },
    close: () => transport.close(),
  }
}

/** Which signatures of a phone are made with a key that is not its own. */
export type Forgery = 'signing-request' | 'proof'

/** Keys that sign with a stranger's key what they should sign themselves. */
export function forgingKeyStore(keyStore: KeyStore, forgery: Forgery): KeyStore {
  const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  return {
    ...keyStore,
    create: async (id, options) => forging(await keyStore.create(id, options), stranger, forgery),
    open: async (id) => {
      const key = await keyStore.open(id)
      return key === undefined ? undefined : forging(key, stranger, forgery)
    },
  }
}

function forging(key: KeyHandle, stranger: KeyObject, forgery: Forgery): KeyHandle {
  const privateKey = privateKeyOf(key)
  const publicKey = createPublicKey(privateKey)
  const forged: Partial<KeyHandle> =
    forgery === 'proof'
      ? { sign: (data) => softwareKeyHandle(key.id, stranger).sign(data) }
      : { signingRequest: async () => createSigningRequest({ privateKey: stranger, publicKey }) }
  // A handle of its own, so that TLS still finds the right key behind it.
  return Object.assign(softwareKeyHandle(key.id, privateKey), forged)
}

/** A phone whose clock is wrong by this much, and can be set while it runs. */
export function skewedClock(offsetMs: number): { now: () => number; offsetMs: number } {
  const clock = { offsetMs, now: () => Date.now() + clock.offsetMs }
  return clock
}
