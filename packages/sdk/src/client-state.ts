import type { Assurance, EnrollmentRequest, RenewalRequest } from '@sallyport/wire'
import { EvidenceError, evidenceFailed } from './evidence.ts'
import type { KeyStore } from './key-store.ts'
import { SallyportError } from './sallyport-error.ts'
import type { ServerClock } from './server-clock.ts'

/** The certificate in use and the key it belongs to. Times in milliseconds since 1970 at the server. */
export type Identity = {
  readonly keyId: string
  readonly deviceId: string
  readonly assurance: Assurance
  /** DER in base64url, the device's certificate first. */
  readonly certificates: readonly string[]
  readonly notAfter: number
  /** From when to renew: the server's renewAfter and a jitter drawn once. */
  readonly renewAt: number
  /** Until when the expired certificate can still be renewed by a signature. The server decides. */
  readonly graceUntil: number
  /** https origin for calls to the authority with this certificate; absent: where it enrolled. */
  readonly mtlsUrl?: string
  /** The code with which the server said that only enrolling again helps. */
  readonly endedBy?: string
}

/** A request that was perhaps sent and not answered. It is sent again as it stands. */
type Pending =
  | { readonly kind: 'enroll'; readonly keyId: string; readonly request: EnrollmentRequest }
  | { readonly kind: 'renew'; readonly keyId: string; readonly request: RenewalRequest }

/** The record in the key store: everything the client knows beyond its keys. */
export type ClientState = {
  readonly version: 1
  readonly identity?: Identity
  readonly pending?: Pending
  /** Keys that nothing refers to any more, or that are about to be made: to be destroyed. */
  readonly discardedKeyIds: readonly string[]
  /** The number of the last key. Key ids are never used twice. */
  readonly lastKeyNumber: number
  readonly clockOffsetMs?: number
}

const emptyState: ClientState = { version: 1, discardedKeyIds: [], lastKeyNumber: 0 }

export type StateHolder = {
  read(): Promise<ClientState>
  /** Durable when the promise resolves. An undefined member is removed. */
  update(
    changes: { [Member in keyof ClientState]?: ClientState[Member] | undefined },
  ): Promise<ClientState>
}

/** The record, read once and written whole on every change. The clock learns the offset kept in it. */
export function createStateHolder(
  keyStore: KeyStore,
  clock: ServerClock,
  onUnreadable: (detail: string) => void,
): StateHolder {
  let current: Promise<ClientState> | undefined
  const read = () => {
    current ??= load(keyStore, onUnreadable).then(
      (state) => {
        if (state.clockOffsetMs !== undefined) clock.remember(state.clockOffsetMs)
        return state
      },
      (error: unknown) => {
        current = undefined
        throw error
      },
    )
    return current
  }
  return {
    read,
    update: async (changes) => {
      const merged = Object.entries({ ...(await read()), ...changes })
      const next = Object.fromEntries(
        merged.filter(([, value]) => value !== undefined),
      ) as ClientState
      await inKeyStore(() => keyStore.saveRecord(JSON.stringify(next)))
      current = Promise.resolve(next)
      return next
    },
  }
}

async function load(
  keyStore: KeyStore,
  onUnreadable: (detail: string) => void,
): Promise<ClientState> {
  const record = await inKeyStore(() => keyStore.loadRecord())
  if (record === undefined) return emptyState
  try {
    const state = JSON.parse(record) as ClientState
    if (state.version === 1 && Array.isArray(state.discardedKeyIds)) return state
    onUnreadable('the record of the key store is of another version')
  } catch {
    onUnreadable('the record of the key store is not JSON')
  }
  // The key store is the app's own: a broken record is damage, not an attack. The way on is to enrol.
  return emptyState
}

/** Runs a call into the key store; what it throws becomes `key_store_failed`, or what evidence lacks. */
export async function inKeyStore<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    if (error instanceof EvidenceError) throw evidenceFailed(error)
    throw new SallyportError('key_store_failed', { cause: error })
  }
}
