import type { JWTPayload } from 'jose'
import { Refusal } from './refusal.ts'

/** The device that a request comes from, as its certificate and its status prove it. */
export type DeviceIdentity = {
  readonly id: string
  readonly app: string | undefined
  /** How well its key is proven: `strongbox`, `tee`, `secure-enclave`, `app-attested` … */
  readonly assurance: string
  readonly platform: string | undefined
  readonly appVersion: string | undefined
  /** A device of a development root: its key proves nothing. */
  readonly isDevelopment: boolean
}

/** The user whose access token the gateway verified. */
export type UserIdentity = {
  /** The name of the identity provider in the gateway's configuration. */
  readonly provider: string
  readonly subject: string
  readonly scopes: readonly string[]
}

/** Who calls. */
export type GatewayIdentity = {
  /** `spiffe://<trust domain>/gateway/<name>`. */
  readonly gateway: string
  readonly requestId: string
  /** Undefined where the route takes callers without a certificate, and this is one. */
  readonly device: DeviceIdentity | undefined
  /** Undefined where the route asks for no access token. */
  readonly user: UserIdentity | undefined
}

/** @throws Refusal `assertion_invalid`: signed, but not of the shape that is agreed upon */
export function identityFrom(claims: JWTPayload): GatewayIdentity {
  const { iss, jti, device, user } = claims
  return {
    gateway: text(iss, 'iss'),
    requestId: text(jti, 'jti'),
    device: device === undefined ? undefined : deviceFrom(members(device, 'device')),
    user: user === undefined ? undefined : userFrom(members(user, 'user')),
  }
}

function deviceFrom(device: Record<string, unknown>): DeviceIdentity {
  return {
    id: text(device['id'], 'device.id'),
    app: optionalText(device['app'], 'device.app'),
    assurance: text(device['assurance'], 'device.assurance'),
    platform: optionalText(device['platform'], 'device.platform'),
    appVersion: optionalText(device['app_version'], 'device.app_version'),
    isDevelopment: device['development'] === true,
  }
}

function userFrom(user: Record<string, unknown>): UserIdentity {
  const scopes = user['scopes']
  if (!Array.isArray(scopes)) throw new Refusal('assertion_invalid', 'user.scopes is no list')
  return {
    provider: text(user['provider'], 'user.provider'),
    subject: text(user['subject'], 'user.subject'),
    scopes: scopes.map((scope) => text(scope, 'user.scopes')),
  }
}

function members(value: unknown, name: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  throw new Refusal('assertion_invalid', `${name} is no object`)
}

function text(value: unknown, name: string): string {
  if (typeof value === 'string' && value !== '') return value
  throw new Refusal('assertion_invalid', `${name} is no text`)
}

function optionalText(value: unknown, name: string): string | undefined {
  return value === undefined ? undefined : text(value, name)
}

const identities = new WeakMap<object, GatewayIdentity>()

export function remember(request: object, identity: GatewayIdentity): void {
  identities.set(request, identity)
}

/**
 * Who sent a request that a guard let through: the request as Node, Express or a WHATWG handler has
 * it; with Fastify `request.raw`.
 *
 * @throws TypeError where no guard has seen the request: a mistake in the service, never served
 */
export function identityOf(request: object): GatewayIdentity {
  const identity = identities.get(request)
  if (identity !== undefined) return identity
  throw new TypeError('No guard of @sallyport/verify has let this request through')
}
