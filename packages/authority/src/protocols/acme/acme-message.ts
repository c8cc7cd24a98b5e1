import type { FastifyRequest } from 'fastify'
import { Problem } from '@sallyport/problem'
import { callerOf } from '../../api/caller.ts'
import type { Authority, Caller } from '../../authority.ts'
import { type Account, readAccount, refuseEnded, refuseUnbound } from './accounts.ts'
import {
  type AccountKey,
  isSignatureAlgorithm,
  readAccountKey,
  signatureAlgorithms,
} from './account-key.ts'
import type { AcmeConfig } from './acme-config.ts'
import { type AcmeUrls, urlsFor } from './acme-urls.ts'
import { type Jws, malformed, readJson, readJws, verifyJws } from './jws.ts'
import { readNonce, useNonce } from './nonces.ts'

/** A message whose sender holds the key that it is signed by, and which nobody sends again. */
export type AcmeMessage = {
  readonly appId: string
  readonly acme: AcmeConfig
  readonly urls: AcmeUrls
  /** What it was signed for, and sent to. */
  readonly url: string
  readonly key: AccountKey
  /** Undefined where it names its key itself. */
  readonly account: Account | undefined
  /** Undefined of a POST-as-GET (RFC 8555 §6.3). */
  readonly payload: Readonly<Record<string, unknown>> | undefined
  readonly caller: Caller
}

/** A message of an account. */
export type AccountMessage = AcmeMessage & { readonly account: Account }

/** What a message names its key by (RFC 8555 §6.2). */
export type NamedBy = 'jwk' | 'kid'

const headers = new Set(['alg', 'nonce', 'url', 'jwk', 'kid', 'typ'])

/**
 * Verifies a message: form, algorithm, address, nonce, key, signature, in this order, so that what costs
 * least refuses first; then its nonce is used up. A stranger's message writes nothing before that.
 *
 * @param namedBy what it is to name its key by: one of these
 * @throws Problem of ACME
 */
export async function verifyMessage(
  authority: Authority,
  request: FastifyRequest,
  { appId, acme, namedBy }: { appId: string; acme: AcmeConfig; namedBy: readonly NamedBy[] },
): Promise<AcmeMessage> {
  const urls = urlsFor(request, appId, acme)
  const url = urls.origin + request.url
  const jws = readJws(request.body, headers)
  const { alg } = jws.header
  if (!isSignatureAlgorithm(alg)) {
    const facts = { expected: signatureAlgorithms.join(', '), found: shortText(alg) }
    throw new Problem('acme_algorithm_refused', facts)
  }
  if (jws.header['url'] !== url) {
    const facts = { expected: url, found: shortText(jws.header['url']) }
    throw new Problem('acme_url_mismatch', facts)
  }
  const nonce = readNonce(authority, appId, jws.header['nonce'])
  const by = keyNamedBy(jws, namedBy)
  const account = by === 'kid' ? await accountOf(authority, jws, appId, urls) : undefined
  const key = account?.key ?? readAccountKey(jws.header['jwk'], alg)
  // An account's key is of one kind: another algorithm is none for it.
  if (account !== undefined) readAccountKey(JSON.parse(account.jwk), alg)
  verifyJws(jws, key, alg)
  if (account !== undefined) {
    refuseUnbound(account, acme)
    await refuseEnded(authority.store.read, account)
  }
  await useNonce(authority, nonce)
  const payload = jws.payload.length === 0 ? undefined : readJson(jws.payload, 'a payload')
  return { appId, acme, urls, url, key, account, payload, caller: callerOf(request) }
}

/** A payload, where a POST-as-GET would ask for what cannot be read. */
export function payloadOf({ payload }: AcmeMessage): Readonly<Record<string, unknown>> {
  if (payload === undefined) throw malformed('a payload', 'none')
  return payload
}

/** Exactly one of the two, and one that this address takes. */
function keyNamedBy({ header }: Jws, namedBy: readonly NamedBy[]): NamedBy {
  const named = (['jwk', 'kid'] as const).filter((name) => Object.hasOwn(header, name))
  const [only] = named
  if (only !== undefined && named.length === 1 && namedBy.includes(only)) return only
  throw malformed(`a header with ${namedBy.join(' or ')} alone`, named.join(' and ') || 'neither')
}

function accountOf(
  { store }: Authority,
  { header: { kid } }: Jws,
  appId: string,
  urls: AcmeUrls,
): Promise<Account> {
  const prefix = urls.account('')
  const isOurs = typeof kid === 'string' && kid.startsWith(prefix) && kid.length < 1_000
  return readAccount(store.read, { appId, id: isOurs ? kid.slice(prefix.length) : '' })
}

const shortText = (value: unknown) =>
  typeof value === 'string' ? value.slice(0, 300) : typeof value
