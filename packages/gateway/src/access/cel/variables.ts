import type { DeviceIdentity } from '@sallyport/pki'
import type { VerifiedToken } from '@sallyport/token'
import type { GatewayRequest } from '../../pipeline/gateway-request.ts'
import { requestPath } from '../../routing/request-path.ts'
import type { GrantsOf } from '../grants.ts'
import { celNames, celText, celValue, type ReadingBounds } from './values.ts'

const text = 'string'
const names = 'list<string>'
const time = 'google.protobuf.Timestamp'

/** What a condition can ask of the user. Members that the token does not have are not there: `has()` tells. */
export const userFields = {
  subject: text,
  provider: text,
  issuer: text,
  clientId: text,
  session: text,
  scopes: names,
  roles: names,
  permissions: names,
  claims: 'map<string, dyn>',
  authTime: time,
  issuedAt: time,
}

export class CelUser {
  readonly #user: VerifiedToken
  readonly #grantsOf: GrantsOf
  readonly #bounds: ReadingBounds
  #claims: unknown
  #roles: unknown
  #permissions: unknown

  constructor(user: VerifiedToken, grantsOf: GrantsOf, bounds: ReadingBounds) {
    this.#user = user
    this.#grantsOf = grantsOf
    this.#bounds = bounds
  }

  get subject(): string {
    return this.#user.subject
  }
  get provider(): string {
    return this.#user.provider
  }
  get issuer(): string {
    return this.#user.issuer
  }
  get clientId(): string | undefined {
    return this.#user.clientId
  }
  get session(): string | undefined {
    return this.#user.session
  }
  get scopes(): unknown {
    return celNames(this.#user.scopes, this.#bounds)
  }
  get roles(): unknown {
    this.#roles ??= celNames(this.#grantsOf(this.#user).roles, this.#bounds)
    return this.#roles
  }
  get permissions(): unknown {
    this.#permissions ??= celNames(this.#grantsOf(this.#user).permissions, this.#bounds)
    return this.#permissions
  }
  get claims(): unknown {
    this.#claims ??= celValue(this.#user.claims, this.#bounds)
    return this.#claims
  }
  get authTime(): Date | undefined {
    return dateOf(this.#user.authTime)
  }
  get issuedAt(): Date | undefined {
    return dateOf(this.#user.issuedAt)
  }
}

export const deviceFields = {
  id: text,
  app: text,
  trustDomain: text,
  assurance: text,
  own: 'bool',
  development: 'bool',
  platform: text,
  appVersion: text,
  osPatchLevel: text,
  attestedAt: time,
  enrolledAt: time,
  certifiedAt: time,
}

export class CelDevice {
  readonly id: string
  readonly app: string | undefined
  readonly trustDomain: string
  readonly assurance: string
  readonly own: boolean
  readonly development: boolean
  readonly platform: string | undefined
  readonly appVersion: string | undefined
  readonly osPatchLevel: string | undefined
  readonly attestedAt: Date | undefined
  readonly enrolledAt: Date | undefined
  readonly certifiedAt: Date

  constructor({ deviceId, appId, facts, ...device }: DeviceIdentity) {
    this.id = deviceId
    this.app = appId
    this.trustDomain = device.trustDomain
    this.assurance = device.assurance
    this.own = device.own
    this.development = device.development
    this.platform = facts?.platform
    this.appVersion = facts?.appVersion
    this.osPatchLevel = facts?.osPatchLevel
    this.attestedAt = dateOf(facts?.appraisedAt)
    this.enrolledAt = dateOf(facts?.enrolledAt)
    this.certifiedAt = new Date(device.notBefore)
  }
}

export const requestFields = {
  method: text,
  path: text,
  host: text,
  address: text,
  parameters: 'map<string, string>',
}

export class CelRequest {
  readonly #request: GatewayRequest
  readonly #bounds: ReadingBounds

  constructor(request: GatewayRequest, bounds: ReadingBounds) {
    this.#request = request
    this.#bounds = bounds
  }

  get method(): string {
    return this.#request.exchange.method
  }
  /** In the form that routes are matched in, so that no other spelling of it is another path. */
  get path(): unknown {
    const { path } = requestPath(this.#request.exchange.target)
    return path === undefined ? undefined : celText(path, this.#bounds)
  }
  get host(): string {
    return this.#request.host.plan.name
  }
  get address(): string {
    return this.#request.caller.address
  }
  get parameters(): ReadonlyMap<string, unknown> {
    const entries = Object.entries(this.#request.parameters)
    return new Map(entries.map(([name, value]) => [name, celText(value, this.#bounds)]))
  }
}

export type CelVariables = {
  readonly user: CelUser | undefined
  readonly device: CelDevice | undefined
  readonly request: CelRequest
  readonly now: Date
}

/** What conditions look at; of user and device, what was read once stays with them. */
export function celVariables(
  grantsOf: GrantsOf,
  bounds: ReadingBounds,
): (request: GatewayRequest) => CelVariables {
  const users = new WeakMap<VerifiedToken, CelUser>()
  const devices = new WeakMap<DeviceIdentity, CelDevice>()
  return (request) => ({
    user: remembered(users, request.user, (user) => new CelUser(user, grantsOf, bounds)),
    device: remembered(devices, request.device, (device) => new CelDevice(device)),
    request: new CelRequest(request, bounds),
    now: new Date(request.at),
  })
}

function remembered<K extends object, V>(
  known: WeakMap<K, V>,
  key: K | undefined,
  make: (key: K) => V,
): V | undefined {
  if (key === undefined) return undefined
  const before = known.get(key)
  if (before !== undefined) return before
  const value = make(key)
  known.set(key, value)
  return value
}

function dateOf(at: number | undefined): Date | undefined {
  return at === undefined ? undefined : new Date(at)
}
