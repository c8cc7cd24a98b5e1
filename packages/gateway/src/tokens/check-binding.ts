import type { DeviceIdentity } from '@sallyport/pki'
import { type BindingFault, checkCertificateBinding } from '@sallyport/token/binding'
import type { Confirmation } from '@sallyport/token/verify'
import type { DeviceStatus } from '../status/device-status.ts'
import type { KnownToken } from './known-token.ts'
import type { Binding } from './token-settings.ts'
import type { TokenRules } from './token-rules.ts'

/** What a route demands that a token is bound to, and what to say where it is not. */
type Demand = {
  readonly expected: string
  readonly isMet: (confirmation: Confirmation) => boolean
}

const demands: Readonly<Record<Exclude<Binding, 'none' | 'optional'>, Demand>> = {
  certificate: {
    expected: 'a token bound to a client certificate',
    isMet: ({ x5tS256 }) => x5tS256 !== undefined,
  },
  dpop: { expected: 'a token bound to a DPoP key', isMet: ({ jkt }) => jkt !== undefined },
  any: {
    expected: 'a token bound to a client certificate or a DPoP key',
    isMet: ({ x5tS256, jkt }) => x5tS256 !== undefined || jkt !== undefined,
  },
  both: {
    expected: 'a token bound to a client certificate and a DPoP key',
    isMet: ({ x5tS256, jkt }) => x5tS256 !== undefined && jkt !== undefined,
  },
}

/**
 * Whether a token is bound as the route demands, and whether the device that presents it is the one that
 * it is bound to. The proof of a DPoP key comes with each request, and is checked apart.
 *
 * @param device as the device stage found it: believed, in its dates, active
 * @returns what was found before, where nothing that it depends on is another
 */
export function checkBinding(
  known: KnownToken,
  device: DeviceIdentity | undefined,
  rules: TokenRules,
  status: DeviceStatus,
): BindingFault | undefined {
  const version = status.version()
  if (
    known.bindingVersion !== version ||
    known.bindingDevice !== device ||
    known.bindingRules !== rules
  ) {
    known.bindingFault = bindingFault(known, device, rules, status)
    known.bindingDevice = device
    known.bindingRules = rules
    known.bindingVersion = version
  }
  return known.bindingFault
}

function bindingFault(
  { token: { confirmation, issuedAt } }: KnownToken,
  device: DeviceIdentity | undefined,
  { binding, certificateBinding, overlapMs }: TokenRules,
  status: DeviceStatus,
): BindingFault | undefined {
  const isBound = confirmation.x5tS256 !== undefined || confirmation.jkt !== undefined
  if (binding === 'none') {
    if (!isBound) return undefined
    return {
      code: 'token_binding_unchecked',
      check: 'binding',
      expected: 'a token that is bound to nothing',
      found: shown(confirmation),
    }
  }
  const demand = binding === 'optional' ? undefined : demands[binding]
  if (demand?.isMet(confirmation) === false) {
    return {
      code: 'token_binding_required',
      check: 'binding',
      expected: demand.expected,
      found: shown(confirmation),
    }
  }
  if (confirmation.x5tS256 === undefined) return undefined
  return checkCertificateBinding(confirmation.x5tS256, device, {
    mode: certificateBinding,
    issuedAt,
    overlapMs,
    isRevoked: (thumbprint) => status.isRevoked(thumbprint),
  })
}

function shown({ x5tS256, jkt }: Confirmation): string {
  const methods = [
    ...(x5tS256 === undefined ? [] : ['x5t#S256']),
    ...(jkt === undefined ? [] : ['jkt']),
  ]
  return methods.length === 0 ? 'one bound to nothing' : `one bound by ${methods.join(' and ')}`
}
