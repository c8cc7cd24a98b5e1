import { comparable } from '@sallyport/wire/lift'
import type { GatewayRequest } from '../pipeline/gateway-request.ts'
import { userKey } from './account-key.ts'
import { addressKey, networkKey } from './address-key.ts'
import { contentField } from './content-field.ts'
import type { KeySource, KeyWord } from './limit-settings.ts'

/** Where one part of a key comes from. */
export type CompiledSource = {
  /** Whether it was proven by the stages before, and not just claimed. */
  readonly isProven: boolean
  /**
   * What the value hangs on: as long as this is the same object, so is the value. Undefined where it may be
   * another at each request.
   */
  readonly anchor: ((request: GatewayRequest) => object | undefined) | undefined
  /** The value; undefined where the rule has nothing to count for this request. */
  readonly value: (request: GatewayRequest) => string | undefined
  /** What many values have in common. */
  readonly coarse?: (request: GatewayRequest) => string
}

/**
 * What is proven and missing (a route that does not demand a device, or a user) leaves a rule nothing to
 * count. What is claimed and missing counts as one value, so that nobody goes round a limit by not saying
 * whom it is for.
 */
const missing = '\0missing'

/** A user hangs on a token that was verified, and may be asked for by many requests. */
const userKeys = new WeakMap<object, string>()

function keyOfUser(user: NonNullable<GatewayRequest['user']>): string {
  let key = userKeys.get(user)
  if (key === undefined) {
    key = userKey(user)
    userKeys.set(user, key)
  }
  return key
}

const words: Readonly<Record<KeyWord, CompiledSource>> = {
  device: {
    isProven: true,
    anchor: ({ device }) => device,
    value: ({ device }) => device?.deviceId,
  },
  user: {
    isProven: true,
    anchor: ({ user }) => user,
    value: ({ user }) => (user === undefined ? undefined : keyOfUser(user)),
  },
  token: {
    isProven: true,
    anchor: ({ user }) => user,
    // Without an id by its hash: Authorization can be written in many ways around one token.
    value: ({ user, token }) =>
      user === undefined ? undefined : `${user.issuer}\0${user.tokenId ?? token?.hash ?? ''}`,
  },
  address: {
    isProven: false,
    anchor: ({ caller }) => caller,
    value: ({ caller }) => addressKey(caller.address),
    coarse: ({ caller }) => networkKey(caller.address),
  },
  network: {
    isProven: false,
    anchor: ({ caller }) => caller,
    value: ({ caller }) => networkKey(caller.address),
  },
  app: {
    isProven: true,
    anchor: ({ device }) => device,
    value: ({ device }) => device?.appId,
  },
  appVersion: {
    isProven: true,
    anchor: ({ device }) => device,
    value: ({ device }) =>
      device?.facts === undefined ? undefined : `${device.appId}\0${device.facts.appVersion}`,
  },
  all: { isProven: true, anchor: undefined, value: () => 'all' },
}

export function compileSource(source: KeySource): CompiledSource {
  if (typeof source === 'string') return words[source]
  if ('header' in source) {
    const name = source.header.toLowerCase()
    return claimed(({ exchange }) => {
      // Of several fields the service may read any one: another beside it would make a new key each time.
      const value = exchange.headerCount(name) > 1 ? undefined : exchange.header(name)
      return value === undefined ? undefined : comparable(value)
    })
  }
  return claimed(({ exchange }) => contentField(exchange, source))
}

function claimed(value: CompiledSource['value']): CompiledSource {
  return { isProven: false, anchor: undefined, value: (request) => value(request) ?? missing }
}
