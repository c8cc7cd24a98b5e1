import { createPrivateKey } from 'node:crypto'
import { join } from 'node:path'
import { readPrivateFile } from '../private-file.ts'
import { replaceFile } from '@sallyport/pki'
import { type AppAttestKeyPair, appAttestKeyOf, makeAppAttestKey } from './app-attest-key.ts'

type KeptKey = {
  /** PKCS#8, PEM. */
  readonly privateKey: string
  /** Of the last assertion. */
  readonly counter: number
}

/** What the phone remembers: App Attest keys by their key id, and which of them vouches for which TLS key. */
type Kept = {
  readonly keys: { readonly [keyId: string]: KeptKey }
  readonly vouching: { readonly [tlsKeyId: string]: string }
}

/**
 * The App Attest keys of one phone, and their counters, in one file of mode 0600. Each change is durable
 * before anything is signed: a counter that goes back is refused for ever.
 */
export function appAttestService(directory: string) {
  const path = join(directory, 'app-attest.json')
  const read = async (): Promise<Kept> => {
    const text = await readPrivateFile(path)
    return text === undefined ? { keys: {}, vouching: {} } : (JSON.parse(text) as Kept)
  }
  const write = (kept: Kept) => replaceFile(path, JSON.stringify(withoutIdle(kept)))
  const one = createQueue()

  return {
    /** A new key, to vouch for this TLS key. */
    generate: (tlsKeyId: string): Promise<AppAttestKeyPair> =>
      one(async () => {
        const { keys, vouching } = await read()
        const key = makeAppAttestKey()
        const privateKey = key.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
        await write({
          keys: { ...keys, [key.keyId]: { privateKey, counter: 0 } },
          vouching: { ...vouching, [tlsKeyId]: key.keyId },
        })
        return key
      }),
    /** The key that vouched for one TLS key, now for another, with its next counter; undefined where it is gone. */
    advance: (
      renewedKeyId: string,
      tlsKeyId: string,
    ): Promise<{ key: AppAttestKeyPair; counter: number } | undefined> =>
      one(async () => {
        const { keys, vouching } = await read()
        const keyId = vouching[renewedKeyId]
        const kept = keyId === undefined ? undefined : keys[keyId]
        if (keyId === undefined || kept === undefined) return undefined
        const counter = kept.counter + 1
        await write({
          keys: { ...keys, [keyId]: { ...kept, counter } },
          vouching: { ...vouching, [tlsKeyId]: keyId },
        })
        return { key: appAttestKeyOf(createPrivateKey(kept.privateKey)), counter }
      }),
    /** The TLS key is destroyed. */
    forget: (tlsKeyId: string): Promise<void> =>
      one(async () => {
        const { keys, vouching } = await read()
        if (vouching[tlsKeyId] === undefined) return
        const left = Object.entries(vouching).filter(([id]) => id !== tlsKeyId)
        await write({ keys, vouching: Object.fromEntries(left) })
      }),
  }
}

/** Keys that vouch for nothing any more are not kept. */
function withoutIdle({ keys, vouching }: Kept): Kept {
  const inUse = new Set(Object.values(vouching))
  const left = Object.entries(keys).filter(([keyId]) => inUse.has(keyId))
  return { keys: Object.fromEntries(left), vouching }
}

/** One change at a time. */
function createQueue() {
  let last: Promise<unknown> = Promise.resolve()
  return <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work, work)
    last = next.catch(() => undefined)
    return next
  }
}
