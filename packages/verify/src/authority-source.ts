import { readFile } from 'node:fs/promises'
import { createLocalJWKSet, errors, type JWK, type JWTVerifyGetKey } from 'jose'
import { boundedFetch } from './bounded-fetch.ts'
import { type KeyDocument, readAuthorityKeys, readKeyDocument, replaces } from './key-document.ts'
import type { AuthorityKeys } from './options.ts'
import { Refusal } from './refusal.ts'

/** Of gateways by the thousand, and their keys. */
const maxBytes = 4 * 1024 * 1024
/** Between two fetches that strangers can bring about, by issuers and kids that they make up. */
const cooldownMs = 5_000
/** After a fetch that failed it is not long until the next. */
const retryMs = 5_000

type Held = {
  readonly document: KeyDocument
  readonly find: ReadonlyMap<string, JWTVerifyGetKey>
  /** By the clock that nobody sets. */
  readonly endsAtMs: number
}

/** The keys of all gateways that the authority has not revoked. */
export type AuthoritySource = {
  /**
   * The keys of one gateway.
   *
   * @throws Refusal `keys_unavailable`, `keys_expired`, `assertion_invalid` where it is no gateway, or one that
   * was revoked
   */
  readonly keysOf: (issuer: string) => Promise<JWTVerifyGetKey>
  /** Fetches no more. */
  readonly close: () => void
}

/**
 * Follows what the authority publishes: at once, every `refreshSeconds`, and for a gateway or key that is not
 * known, at most every five seconds. A document that cannot be fetched, is not signed by the authority, or is
 * older changes nothing; the one that is held counts until it expires, and nothing after that.
 */
export function authoritySource(
  options: Required<AuthorityKeys>,
  now: () => number,
): AuthoritySource {
  const { keysUrl, issuers, refreshSeconds, onFailed } = options
  const pin = new Pin(options.keys)
  let held: Held | undefined
  let etag: string | undefined
  let loading: Promise<void> | undefined
  let triedAtMs = Number.NEGATIVE_INFINITY
  let timer: NodeJS.Timeout | undefined
  let isClosed = false

  const load = async (): Promise<void> => {
    const trusted = await pin.trusted(held?.document.authorityKeys)
    // Of what does not count any more, or is to be held against another key, the whole is wanted.
    const known = counts() === undefined || pin.isNew ? undefined : etag
    const bounds = { accept: 'application/jose', maxBytes, etag: known }
    const fetched = await boundedFetch(keysUrl, bounds)
    if (fetched.text === undefined) return
    const document = await readKeyDocument(fetched.text, trusted, now())
    if (held !== undefined && !replaces(document, held.document)) {
      throw new TypeError(`${keysUrl} answered what is older than what is held`)
    }
    held = {
      document,
      find: new Map([...document.keysOf].map(([issuer, keys]) => [issuer, setOf(keys)])),
      endsAtMs: performance.now() + document.exp * 1_000 - now(),
    }
    etag = fetched.etag
    pin.accept()
  }
  const again = (ms: number): void => {
    clearTimeout(timer)
    if (isClosed) return
    timer = setTimeout(() => void refresh(), ms)
    timer.unref()
  }
  /** Many who wait share one fetch. Never rejects: what failed is told, and what is held decides. */
  const refresh = (): Promise<void> => {
    loading ??= load()
      .then(
        () => again(refreshSeconds * 1_000),
        (error: unknown) => {
          again(Math.min(retryMs, refreshSeconds * 1_000))
          onFailed(error)
        },
      )
      .finally(() => {
        triedAtMs = performance.now()
        loading = undefined
      })
    return loading
  }
  const refreshSoon = async (): Promise<void> => {
    const mayTry = loading !== undefined || performance.now() - triedAtMs >= cooldownMs
    if (mayTry && !isClosed) await refresh()
  }
  const counts = (): Held | undefined => {
    if (held === undefined) return undefined
    const { document, endsAtMs } = held
    const isOver = now() >= document.exp * 1_000 || performance.now() >= endsAtMs
    return isOver ? undefined : held
  }
  const current = async (): Promise<Held> => {
    if (counts() === undefined) await refreshSoon()
    const found = counts()
    if (found !== undefined) return found
    if (held === undefined) throw new Refusal('keys_unavailable', `${keysUrl}: nothing yet`)
    throw new Refusal('keys_expired', `${keysUrl}: the last word of the authority is too old`)
  }

  const findIn = ({ find }: Held, issuer: string): JWTVerifyGetKey => {
    const keys = find.get(issuer)
    if (keys !== undefined) return keys
    throw new Refusal('assertion_invalid', 'the authority has no such gateway, or revoked it')
  }
  const keysOf = async (issuer: string): Promise<JWTVerifyGetKey> => {
    if (issuers.length > 0 && !issuers.includes(issuer)) {
      throw new Refusal('assertion_invalid', 'its issuer is not listed')
    }
    if (!(await current()).find.has(issuer)) await refreshSoon()
    const known = findIn(await current(), issuer)
    return async (header, token) => {
      try {
        return await known(header, token)
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
        await refreshSoon()
        return findIn(await current(), issuer)(header, token)
      }
    }
  }
  void refresh()
  const close = (): void => {
    isClosed = true
    clearTimeout(timer)
  }
  return { keysOf, close }
}

function setOf(keys: readonly JWK[]): JWTVerifyGetKey {
  return createLocalJWKSet({ keys: [...keys] })
}

/**
 * The keys that documents are believed by: those that a person gave, until a document names the ones that follow
 * them. A file that a person has changed since goes before what was learned, until a document fits it.
 */
class Pin {
  readonly #given: AuthorityKeys['keys']
  #text: string | undefined
  #keys: readonly JWK[] = []
  #isNew = true

  constructor(given: AuthorityKeys['keys']) {
    this.#given = given
    if (typeof given !== 'string') this.#keys = readAuthorityKeys(given.keys)
  }

  /** Whether no document was held against it yet. */
  get isNew(): boolean {
    return this.#isNew
  }

  async trusted(learned: readonly JWK[] | undefined): Promise<readonly JWK[]> {
    if (typeof this.#given === 'string') {
      const text = await readFile(this.#given, 'utf8')
      if (text !== this.#text) {
        this.#keys = keysIn(text)
        this.#text = text
        this.#isNew = true
      }
    }
    return this.#isNew ? this.#keys : (learned ?? this.#keys)
  }

  /** A document fits. */
  accept(): void {
    this.#isNew = false
  }
}

function keysIn(text: string): readonly JWK[] {
  const set: unknown = JSON.parse(text)
  if (typeof set === 'object' && set !== null && 'keys' in set) return readAuthorityKeys(set.keys)
  throw new TypeError('not a JSON Web Key Set: it has no list of keys')
}
