import type { IdentityProvider, VerifiedToken } from '@sallyport/token'
import { type ClaimPath, claimPath, namesAt } from './claim-path.ts'

/** What roles of users mean, in the whole gateway: permissions by role. */
export type RoleTable = Readonly<Record<string, { readonly permissions?: readonly string[] }>>

/** Where an identity provider writes what its users may do. */
type ProviderGrants = Pick<IdentityProvider, 'roles' | 'permissions'>

/** What a user may do, besides the scopes of the token. */
export type Grants = {
  /** Undefined where the claim cannot be read as names, or is too long: then nobody knows. */
  readonly roles: ReadonlySet<string> | undefined
  readonly permissions: ReadonlySet<string> | undefined
}

export type GrantsOf = (user: VerifiedToken) => Grants

/**
 * Compiles the tables of roles and permissions. What is found in a token is kept with it: a token
 * that is remembered is read once.
 */
export function compileGrants(
  roles: RoleTable,
  identityProviders: Readonly<Record<string, ProviderGrants>>,
): GrantsOf {
  const permissionsOf = new Map(
    Object.entries(roles).map(([role, { permissions = [] }]) => [role, permissions]),
  )
  const providers = new Map(
    Object.entries(identityProviders).map(([name, grants]) => [name, compileProvider(grants)]),
  )
  const known = new WeakMap<VerifiedToken, Grants>()
  return (user) => {
    const before = known.get(user)
    if (before !== undefined) return before
    const grants = read(user, providers.get(user.provider), permissionsOf)
    known.set(user, grants)
    return grants
  }
}

type CompiledProvider = {
  readonly roles: ClaimPath | undefined
  readonly map: ReadonlyMap<string, readonly string[]> | undefined
  readonly permissions: ClaimPath | undefined
}

function compileProvider({ roles, permissions }: ProviderGrants): CompiledProvider {
  const map = roles?.map
  return {
    roles: roles === undefined ? undefined : claimPath(roles.claim),
    map:
      map === undefined
        ? undefined
        : new Map(
            Object.entries(map).map(([theirs, ours]) => [
              theirs,
              typeof ours === 'string' ? [ours] : ours,
            ]),
          ),
    permissions: permissions === undefined ? undefined : claimPath(permissions.claim),
  }
}

const none: ReadonlySet<string> = new Set()

function read(
  { claims }: VerifiedToken,
  provider: CompiledProvider | undefined,
  permissionsOf: ReadonlyMap<string, readonly string[]>,
): Grants {
  if (provider === undefined) return { roles: none, permissions: none }
  const theirs = provider.roles === undefined ? [] : namesAt(claims, provider.roles)
  const granted = provider.permissions === undefined ? [] : namesAt(claims, provider.permissions)
  const { map } = provider
  const ours = map === undefined ? theirs : theirs?.flatMap((role) => map.get(role) ?? [])
  if (ours === undefined) return { roles: undefined, permissions: undefined }
  const roles = new Set(ours)
  if (granted === undefined) return { roles, permissions: undefined }
  const permissions = new Set(granted)
  for (const role of roles) {
    for (const permission of permissionsOf.get(role) ?? []) permissions.add(permission)
  }
  return { roles, permissions }
}
