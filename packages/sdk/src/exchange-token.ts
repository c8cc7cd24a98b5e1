import type { Authority } from './authority.ts'
import { readOptionalText, readText } from './authority-answer.ts'
import { SallyportError } from './sallyport-error.ts'
import type { ServerClock } from './server-clock.ts'
import type { TransportIdentity } from './transport.ts'

/** A token for the user, bound to the certificate of this device: worth nothing on another one. */
export type DeviceToken = {
  readonly accessToken: string
  /** Milliseconds of the phone's clock: get the next one a little before. */
  readonly expiresAt: number
  /** Separated by spaces; empty where the provider names none. */
  readonly scope: string
}

export type ExchangeOptions = {
  /** Some of the scopes of the token that is exchanged, separated by spaces. Default: all. */
  readonly scope?: string
  readonly signal?: AbortSignal
}

const maximumTokenCharacters = 65_536
const maximumScopeCharacters = 16_384

/**
 * Exchanges the access token of the signed-in user, as the identity provider gave it, for one that is
 * bound to this device (RFC 8693). The first device that brings a token of a sign-in has it: on another
 * one it is refused with `token_session_elsewhere`.
 */
export async function exchangeToken(
  { authority, clock }: { authority: Authority; clock: ServerClock },
  identity: TransportIdentity,
  userToken: string,
  { scope, signal }: ExchangeOptions,
): Promise<DeviceToken> {
  const sentAt = clock.phoneNow()
  const { members } = await authority.exchange({ userToken, scope, signal }, identity)
  const lifeSeconds = members.get('expires_in')
  if (typeof lifeSeconds !== 'number' || !(lifeSeconds >= 0)) {
    throw new SallyportError('answer_malformed', {
      detail: 'the authority answered: expires_in is no number of seconds',
    })
  }
  return {
    accessToken: readText(members, 'access_token', maximumTokenCharacters),
    expiresAt: sentAt + lifeSeconds * 1_000,
    scope: readOptionalText(members, 'scope', maximumScopeCharacters) ?? '',
  }
}
