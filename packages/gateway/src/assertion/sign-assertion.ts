import { createHash, type KeyObject, sign } from 'node:crypto'
import type { DeviceIdentity } from '@sallyport/pki'
import { Problem } from '@sallyport/problem'
import type { VerifiedToken } from '@sallyport/token'
import type { GatewayRequest } from '../pipeline/gateway-request.ts'

/** The header field that services find the assertion in. */
export const assertionField = 'Sallyport-Assertion'

/** The media type that the assertion names itself by, so that no other JWT can pass for one (RFC 8725 §3.11). */
export const assertionType = 'sallyport-assertion+jwt'

/** The key that a gateway signs with now. */
export type AssertionKey = {
  /** RFC 7638. */
  readonly kid: string
  /** P-256. */
  readonly privateKey: KeyObject
}

/** What one upstream is told. */
export type AssertionOptions = {
  readonly issuer: string
  readonly audience: string
  readonly seconds: number
}

/** The value of `Sallyport-Assertion` for a request that is about to be forwarded. */
export type Assert = (request: GatewayRequest) => string

/**
 * Signs assertions in a worker. The main thread hands it its key, and another one when keys rotate.
 *
 * Made anew for each request, and never kept: it is bound to the method, the target and the id of
 * one request (a service may take each id once), so that there is nothing to share. Signing is
 * synchronous: 30 µs of this thread are less than the way to another one and back.
 */
export class AssertionSigner {
  #header = ''
  #key: { readonly key: KeyObject; readonly dsaEncoding: 'ieee-p1363' } | undefined

  constructor(key: AssertionKey | undefined) {
    if (key !== undefined) this.use(key)
  }

  use({ kid, privateKey }: AssertionKey): void {
    this.#key = { key: privateKey, dsaEncoding: 'ieee-p1363' }
    this.#header = encode(JSON.stringify({ alg: 'ES256', typ: assertionType, kid }))
  }

  /** @throws Problem `internal_error` where there is no key: the configuration is not taken then */
  compile({ issuer, audience, seconds }: AssertionOptions): Assert {
    if (this.#key === undefined) {
      throw new Problem('internal_error', { detail: 'there is no key to sign assertions with' })
    }
    const constant = JSON.stringify({ iss: issuer, aud: audience }).slice(1, -1)
    return (request) => {
      const { exchange, device, user } = request
      const now = Math.floor(request.at / 1_000)
      // A WebSocket over HTTP/2 is opened by CONNECT, and reaches the service as GET (RFC 8441 §5).
      const method = exchange.method === 'CONNECT' ? 'GET' : exchange.method
      const deviceMember = device === undefined ? '' : `,"device":${deviceClaim(device)}`
      const userMember = user === undefined ? '' : `,"user":${userClaim(user)}`
      return this.#sign(
        `{${constant},"iat":${now},"exp":${now + seconds},"jti":"${exchange.requestId}"` +
          `,"htm":${JSON.stringify(method)},"pth":"${targetHash(exchange.target)}"${deviceMember}${userMember}}`,
      )
    }
  }

  #sign(claims: string): string {
    const input = `${this.#header}.${encode(claims)}`
    const key = this.#key
    if (key === undefined) throw new TypeError('nothing compiles without a key')
    return `${input}.${sign('sha256', Buffer.from(input, 'latin1'), key).toString('base64url')}`
  }
}

/** Claim `pth`: base64url SHA-256 of path and query, byte for byte as the service is asked. */
function targetHash(target: string): string {
  return createHash('sha256').update(target, 'latin1').digest('base64url')
}

// The same on every request of a connection.
const deviceClaims = new WeakMap<DeviceIdentity, string>()

function deviceClaim(device: DeviceIdentity): string {
  const known = deviceClaims.get(device)
  if (known !== undefined) return known
  const { deviceId, appId, assurance, facts, development } = device
  const claim = JSON.stringify({
    id: deviceId,
    app: appId,
    assurance,
    platform: facts?.platform,
    app_version: facts?.appVersion,
    development: development ? true : undefined,
  })
  deviceClaims.set(device, claim)
  return claim
}

// The same for as long as the verdict on a token is remembered.
const userClaims = new WeakMap<VerifiedToken, string>()

function userClaim(token: VerifiedToken): string {
  const known = userClaims.get(token)
  if (known !== undefined) return known
  const { provider, subject, scopes } = token
  const claim = JSON.stringify({ provider, subject, scopes })
  userClaims.set(token, claim)
  return claim
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64url')
}
