import type { GatewayRequest } from '../pipeline/gateway-request.ts'
import { claimAt, claimPath } from './claim-path.ts'
import type { Condition } from './condition.ts'

/** What a parameter of the path must be: one of a list in the token, or equal to one value. */
export type ParameterSettings = { readonly in?: string; readonly equals?: string }

type Source = (request: GatewayRequest) => unknown

const sources: Readonly<Record<string, Source>> = {
  'user.subject': ({ user }) => user?.subject,
  'user.clientId': ({ user }) => user?.clientId,
  'user.session': ({ user }) => user?.session,
  'device.id': ({ device }) => device?.deviceId,
  'device.app': ({ device }) => device?.appId,
}

/** What a parameter can be held against: the names above, or `claims` and a path into them. */
export function parameterSource(text: string): Source | undefined {
  if (Object.hasOwn(sources, text)) return sources[text]
  if (!text.startsWith('claims.') && !text.startsWith('claims/')) return undefined
  const path = claimPath(
    text.slice(text.startsWith('claims.') ? 'claims.'.length : 'claims'.length),
  )
  if (path === undefined) return undefined
  return ({ user }) => (user === undefined ? undefined : claimAt(user.claims, path))
}

export const parameterSourceForms = `${Object.keys(sources).join(', ')}, or claims.NAME`

/** @param settings checked before: exactly one of its members is there, and names a source */
export function parameterCondition(name: string, settings: ParameterSettings): Condition {
  const text = settings.in ?? settings.equals ?? ''
  const source = parameterSource(text) ?? (() => undefined)
  const isList = settings.in !== undefined
  const matches = isList ? isAmong : isEqual
  return {
    check: `parameters.${name}`,
    expected: `${name} ${isList ? 'among' : 'equal to'} ${text}`,
    needsUser: !text.startsWith('device.'),
    holds: (request) => {
      const value = request.parameters[name]
      return value !== undefined && matches(value, source(request))
    },
    found: (request) => {
      const value = request.parameters[name]
      if (value === undefined) return 'no such parameter in the path'
      const there = source(request)
      if (there === undefined) return `${value.slice(0, 80)}, and no ${text}`
      return `${value.slice(0, 80)}, which is not`
    },
  }
}

// Providers write a list of one as its item.
function isAmong(value: string, claim: unknown): boolean {
  if (!Array.isArray(claim)) return isEqual(value, claim)
  for (const item of claim) if (isEqual(value, item)) return true
  return false
}

// A number is compared as it would be written in a path. One that JSON readers may have rounded is
// no number to be let in by.
function isEqual(value: string, claim: unknown): boolean {
  if (typeof claim === 'string') return claim === value
  return typeof claim === 'number' && Number.isSafeInteger(claim) && String(claim) === value
}
