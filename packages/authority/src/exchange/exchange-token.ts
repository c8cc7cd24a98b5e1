import { Problem } from '@sallyport/problem'
import type { VerifiedToken } from '@sallyport/token'
import { newId } from '@sallyport/wire'
import type { Authority } from '../authority.ts'
import type { TokenExchangeConfig } from '../config/token-exchange-config.ts'
import type { AuthenticatedDevice } from '../devices/authenticate-device.ts'
import { readActive } from '../devices/authenticate-device.ts'
import { callingDevice } from '../devices/calling-device.ts'
import { tokenKey } from '../sessions/ended-key.ts'
import { refuseEnded } from '../sessions/refuse-ended.ts'
import { exchangedClaims } from './exchanged-claims.ts'
import { sessionKey, useFirst } from './first-use.ts'

const dayMs = 24 * 3_600_000

export type ExchangeRequest = {
  subjectToken: string
  scope: string | undefined
  /** `audience` and `resource`, whatever of them was sent. */
  targets: readonly string[]
}

export type ExchangedToken = { accessToken: string; expiresInSeconds: number; scope: string }

/**
 * Exchanges the token of a user, which whoever has it may use, for one that is bound to the certificate
 * of the device that calls (RFC 8693, RFC 8705). The first device that brings a token of a sign-in has
 * it: what is copied from there is worth nothing elsewhere. The same device may exchange again, after a
 * renewal, too.
 *
 * @param peer DER of the client certificate of the connection
 * @throws Problem of the areas device and token; `token_exchange_off`, `token_exchange_bound`,
 *   `token_exchange_target_invalid`, `token_exchange_scope_invalid`, `token_session_elsewhere`
 */
export async function exchangeToken(
  authority: Authority,
  request: ExchangeRequest,
  peer: Uint8Array | undefined,
): Promise<ExchangedToken> {
  const { config, tokens, tokenKeys, signer, now } = authority
  const { device, certificate } = await callingDevice(authority, peer)
  const providers = providersOf(config.authority.tokenExchange, device.app_id)
  const token = await tokens.verify(request.subjectToken, { providers: Object.keys(providers) })
  const exchange = providers[token.provider]
  if (exchange === undefined) throw new TypeError('A provider was verified that is not asked for')
  refuseBound(token, certificate.thumbprint)
  refuseTargets(request.targets, exchange)
  const scope = grantedScope(token, request.scope)
  const issuedAt = now()
  await bindSession(authority, request.subjectToken, token, { device, certificate })
  const { claims, expiresInSeconds } = exchangedClaims(token, {
    exchange,
    appId: device.app_id,
    deviceId: device.id,
    thumbprint: certificate.thumbprint,
    tokenId: newId('accessToken'),
    subjectTokenKey: tokenKey(request.subjectToken),
    scope,
    issuedAt,
    now: now(),
  })
  if (expiresInSeconds <= 0) {
    throw new Problem('token_expired', {
      expected: 'a token in date',
      found: 'one that just ended',
    })
  }
  const { keyName } = tokenKeys.signing()
  const { jws: accessToken } = await signer.token({ keyName, claims })
  return { accessToken, expiresInSeconds, scope: scope ?? token.scopes.join(' ') }
}

/** What this app exchanges, without a prototype. */
function providersOf(
  tokenExchange: Readonly<Record<string, TokenExchangeConfig>>,
  appId: string,
): Readonly<Record<string, TokenExchangeConfig>> {
  const entries = Object.entries(tokenExchange).filter(
    ([, { apps }]) => apps?.includes(appId) !== false,
  )
  if (entries.length === 0) {
    throw new Problem('token_exchange_off', {
      expected: 'an entry of authority.tokenExchange for the app',
      found: appId,
    })
  }
  return Object.assign(Object.create(null) as object, Object.fromEntries(entries))
}

/** A token that is bound to a key is nobody's but that key's: here it would lose its binding. */
function refuseBound({ confirmation }: VerifiedToken, thumbprint: string): void {
  const { x5tS256, jkt } = confirmation
  if (jkt === undefined && (x5tS256 === undefined || x5tS256 === thumbprint)) return
  throw new Problem('token_exchange_bound', {
    expected: 'a token that is bound to no key, or to the certificate that is presented',
    found: jkt === undefined ? 'one bound to another certificate' : 'one bound by DPoP',
  })
}

function refuseTargets(targets: readonly string[], { audience }: TokenExchangeConfig): void {
  const other = targets.find((target) => target !== audience)
  if (other === undefined) return
  throw new Problem('token_exchange_target_invalid', {
    expected: audience,
    found: other.slice(0, 200),
  })
}

/** RFC 8693 §2.1: never more than the subject token has. Undefined where none was asked for. */
function grantedScope({ scopes }: VerifiedToken, asked: string | undefined): string | undefined {
  if (asked === undefined) return undefined
  const wanted = asked.split(' ').filter((scope) => scope !== '')
  const more = wanted.find((scope) => !scopes.includes(scope))
  if (more === undefined && wanted.length > 0) return wanted.join(' ')
  throw new Problem('token_exchange_scope_invalid', {
    expected: scopes.join(' ') || 'none',
    found: (more ?? 'none').slice(0, 200),
  })
}

/** In one write: what ended a moment ago, and who was first, is not missed. */
async function bindSession(
  authority: Authority,
  text: string,
  token: VerifiedToken,
  { device, certificate }: AuthenticatedDevice,
): Promise<void> {
  const { store, lanes, now, config, metrics } = authority
  const { maxSessionDays } = config.authority.sessions
  const boundTo = await lanes.run('sessions', () =>
    store.write(async (tx) => {
      // It may have been suspended since it called.
      await readActive(tx, certificate.thumbprint)
      await refuseEnded(tx, token, text, device.id)
      return useFirst(tx, {
        key: sessionKey(token, text),
        deviceId: device.id,
        issuer: token.issuer,
        keepUntil: Math.max(now() + maxSessionDays * dayMs, token.expiresAt + dayMs),
        now: now(),
      })
    }),
  )
  const outcome = boundTo === device.id ? 'exchanged' : 'refused_elsewhere'
  metrics.count(
    'sallyport_authority_exchanges_total',
    'Tokens exchanged at first use, by outcome',
    {
      app: device.app_id,
      outcome,
    },
  )
  if (boundTo === device.id) return
  throw new Problem('token_session_elsewhere', {
    expected: `device ${boundTo}, which used this session first`,
    found: `device ${device.id}`,
  })
}
