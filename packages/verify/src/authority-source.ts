import { errors, type JWTVerifyGetKey } from 'jose'
import { AuthorityPin } from './authority-pin.ts'
import { boundedFetch } from './bounded-fetch.ts'
import { HeldDocument } from './held-document.ts'
import { keyCacheFile } from './key-cache-file.ts'
import { type KeyDocument, readKeyDocument, replaces } from './key-document.ts'
import { type KeysHealth, keysHealth, type KeysState } from './keys-health.ts'
import type { CheckedAuthority } from './options.ts'
import { Refusal } from './refusal.ts'
import { tell } from './tell.ts'

/** Of gateways by the thousand, and their keys. */
const maxBytes = 4 * 1024 * 1024
/** Between two fetches that strangers can bring about, by issuers and kids that they make up. */
const cooldownMs = 5_000
/** After a fetch that failed it is not long until the next. */
const retryMs = 5_000
/** Fetched at least as often within the time that a word counts, so that one lost fetch is none. */
const fetchesInALife = 6

/** The keys of all gateways that the authority has not revoked. */
export type AuthoritySource = {
  /**
   * The keys of one gateway.
   *
   * @throws Refusal `keys_unavailable`, `keys_expired`, `assertion_invalid` where it is no gateway, or one that
   * was revoked
   */
  readonly keysOf: (issuer: string) => Promise<JWTVerifyGetKey>
  readonly health: () => KeysHealth
  /** Fetches no more. */
  readonly close: () => void
}

/**
 * Follows what the authority publishes: at once, every `refreshSeconds`, and for a gateway or key that is not
 * known, at most every five seconds. A document that cannot be fetched, is not signed by the authority, or is
 * older changes nothing; the one that is held counts until it expires, and nothing after that.
 */
export function authoritySource(options: CheckedAuthority, now: () => number): AuthoritySource {
  const { keysUrl, issuers, refreshSeconds, outageSeconds, cacheFile } = options
  const pin = new AuthorityPin(options.keys)
  let held: HeldDocument | undefined
  let etag: string | undefined
  let loading: Promise<void> | undefined
  let triedAtMs = Number.NEGATIVE_INFINITY
  let timer: NodeJS.Timeout | undefined
  let failures = 0
  let toldState: KeysState | undefined
  let isClosed = false

  const health = (): KeysHealth => keysHealth(held?.heldFor(), failures)
  const failed = (error: unknown): void => tell(options.onFailed, error, health())
  const tellChange = (): void => {
    const standing = health()
    if (standing.state === toldState) return
    toldState = standing.state
    tell(options.onHealth, standing)
  }
  const cache = cacheFile === undefined ? undefined : keyCacheFile(cacheFile, maxBytes, failed)

  const take = (document: KeyDocument, from: HeldDocument['from']): boolean => {
    if (held !== undefined && !replaces(document, held.document)) return false
    held = new HeldDocument(document, { from, outageSeconds, now })
    pin.accept()
    return true
  }
  const load = async (): Promise<void> => {
    const trusted = await pin.trusted(held?.document.authorityKeys)
    // Of what does not count any more, or is to be held against another key, the whole is wanted.
    const known = counting() === undefined || pin.isNew ? undefined : etag
    const bounds = { accept: 'application/jose', maxBytes, etag: known }
    const fetched = await boundedFetch(keysUrl, bounds)
    if (fetched.text === undefined) return
    const document = await readKeyDocument(fetched.text, trusted, now())
    if (!take(document, 'authority')) {
      throw new TypeError(`${keysUrl} answered what is older than what is held`)
    }
    etag = fetched.etag
    cache?.keep(fetched.text)
  }
  /** Held against the same keys, dates and order as what comes over the network. Never rejects. */
  const loadCache = async (): Promise<void> => {
    try {
      const jws = await cache?.read()
      if (jws === undefined) return
      const trusted = await pin.trusted(undefined)
      take(await readKeyDocument(jws, trusted, now()), 'file')
    } catch (error) {
      failed(new Error(`cacheFile ${cacheFile}: not believed`, { cause: error }))
    }
  }
  const again = (seconds: number): void => {
    clearTimeout(timer)
    if (isClosed) return
    const atMost = (held?.lifeSeconds ?? outageSeconds) / fetchesInALife
    timer = setTimeout(() => void refresh(), Math.min(seconds, atMost) * 1_000)
    timer.unref()
  }
  /** Many who wait share one fetch. Never rejects: what failed is told, and what is held decides. */
  const refresh = (): Promise<void> => {
    loading ??= load()
      .then(
        () => {
          failures = 0
          again(refreshSeconds)
        },
        (error: unknown) => {
          failures++
          again(Math.min(retryMs / 1_000, refreshSeconds))
          failed(error)
        },
      )
      .finally(() => {
        triedAtMs = performance.now()
        loading = undefined
        tellChange()
      })
    return loading
  }
  const refreshSoon = async (): Promise<void> => {
    const mayTry = loading !== undefined || performance.now() - triedAtMs >= cooldownMs
    if (mayTry && !isClosed) await refresh()
  }
  const counting = (): HeldDocument | undefined => (held?.counts === true ? held : undefined)
  const current = async (): Promise<HeldDocument> => {
    // Who was revoked while this process was down is not believed because the file is nearer.
    await first
    if (counting() === undefined) await refreshSoon()
    const found = counting()
    if (found !== undefined) return found
    if (held === undefined) throw new Refusal('keys_unavailable', `${keysUrl}: nothing yet`)
    const { ageSeconds } = held.heldFor()
    const why = `${keysUrl}: the last word of the authority is ${ageSeconds} s old, and counts for ${held.lifeSeconds}`
    throw new Refusal('keys_expired', why)
  }

  const findIn = (word: HeldDocument, issuer: string): JWTVerifyGetKey => {
    const keys = word.keysOf(issuer)
    if (keys !== undefined) return keys
    throw new Refusal('assertion_invalid', 'the authority has no such gateway, or revoked it')
  }
  const keysOf = async (issuer: string): Promise<JWTVerifyGetKey> => {
    if (issuers.length > 0 && !issuers.includes(issuer)) {
      throw new Refusal('assertion_invalid', 'its issuer is not listed')
    }
    if ((await current()).keysOf(issuer) === undefined) await refreshSoon()
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
  const first = loadCache().then(refresh)
  const close = (): void => {
    isClosed = true
    clearTimeout(timer)
  }
  return { keysOf, health, close }
}
