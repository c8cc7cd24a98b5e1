import type { GatewayRequest } from '../pipeline/gateway-request.ts'
import type { Condition } from './condition.ts'
import type { GrantsOf } from './grants.ts'

/** All of them, in the token's own words (RFC 6749 §3.3). */
export function scopeCondition(scopes: readonly string[]): Condition {
  return {
    check: 'scopes',
    expected: `scopes ${scopes.join(' ')}`,
    needsUser: true,
    holds: ({ user }) => {
      if (user === undefined) return false
      for (const scope of scopes) if (!user.scopes.includes(scope)) return false
      return true
    },
    found: ({ user }) =>
      user === undefined
        ? noUser
        : `without ${scopes.filter((scope) => !user.scopes.includes(scope)).join(' ')}`,
  }
}

/** A list is any of them. */
export type RoleSettings =
  | readonly string[]
  | { readonly any?: readonly string[]; readonly all?: readonly string[] }

export function roleConditions(settings: RoleSettings, grantsOf: GrantsOf): Condition[] {
  const { any, all } = isList(settings) ? { any: settings, all: undefined } : settings
  const conditions: Condition[] = []
  const rolesOf = ({ user }: GatewayRequest): ReadonlySet<string> | undefined =>
    user === undefined ? undefined : grantsOf(user).roles
  if (any !== undefined) {
    conditions.push({
      check: 'roles',
      expected: `a role of ${any.join(', ')}`,
      needsUser: true,
      holds: (request) => {
        const roles = rolesOf(request)
        return roles !== undefined && any.some((role) => roles.has(role))
      },
      found: (request) => namesFound(request, rolesOf(request), 'role'),
    })
  }
  if (all !== undefined) {
    conditions.push(allOf('roles', 'role', all, rolesOf))
  }
  return conditions
}

export function permissionCondition(permissions: readonly string[], grantsOf: GrantsOf): Condition {
  return allOf('permissions', 'permission', permissions, ({ user }) =>
    user === undefined ? undefined : grantsOf(user).permissions,
  )
}

function allOf(
  check: string,
  noun: string,
  names: readonly string[],
  heldBy: (request: GatewayRequest) => ReadonlySet<string> | undefined,
): Condition {
  return {
    check,
    expected: `every ${noun} of ${names.join(', ')}`,
    needsUser: true,
    holds: (request) => {
      const held = heldBy(request)
      return held !== undefined && names.every((name) => held.has(name))
    },
    found: (request) => {
      const held = heldBy(request)
      return held === undefined || held.size === 0
        ? namesFound(request, held, noun)
        : `without ${names.filter((name) => !held.has(name)).join(', ')}`
    },
  }
}

const noUser = 'no user is signed in'

function namesFound(
  { user }: GatewayRequest,
  held: ReadonlySet<string> | undefined,
  noun: string,
): string {
  if (user === undefined) return noUser
  if (held === undefined) return `a claim of ${noun}s that cannot be read as names`
  if (held.size === 0) return `no ${noun}`
  return [...held].slice(0, 8).join(', ')
}

function isList(settings: RoleSettings): settings is readonly string[] {
  return Array.isArray(settings)
}
