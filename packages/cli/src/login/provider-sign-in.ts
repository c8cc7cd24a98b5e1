import { createHash, randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Problem } from '@sallyport/problem'
import * as oauth from 'oauth4webapi'
import { loopbackRedirect } from './loopback-redirect.ts'

/** As the authority says people sign in. */
export type SignIn = { issuer: string; clientId: string; scopes: readonly string[] }

/** What the authority begins a session on. */
export type SignedIn = { idToken: string } & ({ nonceVerifier: string } | { accessToken: string })

type Say = (text: string) => void
type At = { as: oauth.AuthorizationServer; client: oauth.Client; scope: string; options: object }

/**
 * Has a person sign in with a browser on this machine: authorization code with PKCE, and a redirect to the
 * loopback interface (RFC 8252). The answer must be of the issuer that was asked (RFC 9207) and for our state.
 */
export async function signInByBrowser(signIn: SignIn, say: Say): Promise<SignedIn> {
  const at = await provider(signIn)
  const { as, client, scope, options } = at
  const { nonceVerifier, nonce } = newNonce()
  const codeVerifier = oauth.generateRandomCodeVerifier()
  const state = oauth.generateRandomState()
  const redirect = await loopbackRedirect()
  try {
    const url = endpoint(as.authorization_endpoint, 'authorization_endpoint')
    const asked = {
      client_id: client.client_id,
      response_type: 'code',
      redirect_uri: redirect.uri,
      scope,
      state,
      nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
    }
    for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value)
    say(`Open this in a browser on this machine:\n${url.href}`)
    const answer = oauth.validateAuthResponse(as, client, await redirect.answer(), state)
    const response = await oauth.authorizationCodeGrantRequest(
      as,
      client,
      oauth.None(),
      answer,
      redirect.uri,
      codeVerifier,
      options,
    )
    const tokens = await oauth.processAuthorizationCodeResponse(as, client, response, {
      expectedNonce: nonce,
      requireIdToken: true,
    })
    return { idToken: tokens.id_token ?? '', nonceVerifier }
  } catch (error) {
    throw told(error)
  } finally {
    redirect.close()
  }
}

/**
 * Has a person sign in with a browser anywhere, by a code that they type there (RFC 8628). There is no nonce in
 * that: what binds the ID token is the access token which only we are given with it.
 */
export async function signInByDevice(signIn: SignIn, say: Say): Promise<SignedIn> {
  const { as, client, scope, options } = await provider(signIn)
  try {
    const asked = await oauth.deviceAuthorizationRequest(
      as,
      client,
      oauth.None(),
      { scope },
      options,
    )
    const device = await oauth.processDeviceAuthorizationResponse(as, client, asked)
    const page = device.verification_uri_complete ?? device.verification_uri
    say(`Open ${page} anywhere, and see that it shows the code ${device.user_code}`)
    let waitSeconds = device.interval ?? 5
    const deadline = Date.now() + device.expires_in * 1_000
    for (;;) {
      await sleep(waitSeconds * 1_000)
      const response = await oauth.deviceCodeGrantRequest(
        as,
        client,
        oauth.None(),
        device.device_code,
        options,
      )
      try {
        const tokens = await oauth.processDeviceCodeResponse(as, client, response)
        return { idToken: tokens.id_token ?? '', accessToken: tokens.access_token }
      } catch (error) {
        if (!(error instanceof oauth.ResponseBodyError) || Date.now() > deadline) throw error
        // RFC 8628 §3.5: slower for good.
        if (error.error === 'slow_down') waitSeconds += 5
        else if (error.error !== 'authorization_pending') throw error
      }
    }
  } catch (error) {
    throw told(error)
  }
}

async function provider({ issuer, clientId, scopes }: SignIn): Promise<At> {
  const url = new URL(issuer)
  // Plain HTTP to this machine alone: providers of tests.
  const isHere = ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname)
  const options = { [oauth.allowInsecureRequests]: isHere }
  try {
    const answer = await oauth.discoveryRequest(url, { algorithm: 'oidc', ...options })
    const as = await oauth.processDiscoveryResponse(url, answer)
    return { as, client: { client_id: clientId }, scope: scopes.join(' '), options }
  } catch (cause) {
    throw new Problem('identity_provider_unavailable', {
      detail: `${issuer}: ${cause instanceof Error ? cause.message : String(cause)}`,
      cause,
    })
  }
}

/** The authority is shown what the nonce is the hash of: an ID token alone is worth nothing. */
function newNonce(): { nonceVerifier: string; nonce: string } {
  const nonceVerifier = randomBytes(32).toString('base64url')
  return { nonceVerifier, nonce: createHash('sha256').update(nonceVerifier).digest('base64url') }
}

function endpoint(url: string | undefined, name: string): URL {
  if (url !== undefined) return new URL(url)
  throw new Problem('identity_provider_unavailable', { expected: name, found: 'none' })
}

/** What the provider, or the library, refused, in the words that they have for it. */
function told(cause: unknown): unknown {
  if (cause instanceof Problem || !(cause instanceof Error)) return cause
  const said =
    cause instanceof oauth.ResponseBodyError || cause instanceof oauth.AuthorizationResponseError
      ? `${cause.error} ${cause.error_description ?? ''}`.trim()
      : cause.message
  return new Problem('sign_in_refused', {
    expected: 'an answer of the provider for this sign-in',
    found: said,
    cause,
  })
}
