import Type from 'typebox'

const closed = { additionalProperties: false }

/**
 * A path into claims: names with dots between them, or a JSON Pointer (RFC 6901) where a name has dots or
 * slashes in it.
 */
const ClaimPath = (description: string) =>
  Type.String({
    pattern: '^(?:(?:/(?:[^~/\\s]|~[01])+){1,8}|[^./\\s]+(?:\\.[^./\\s]+){0,7})$',
    maxLength: 300,
    description,
  })

const RoleName = Type.String({ pattern: '^[^\\u0000-\\u001f\\u007f]{1,200}$' })

/** Where a provider writes what its users may do: members of the settings of an identity provider. */
export const grantedClaims = {
  roles: Type.Optional(
    Type.Object(
      {
        claim: ClaimPath(
          'Where its roles are: realm_access.roles, or /https:~1~1example.com~1roles for a name with dots or slashes',
        ),
        map: Type.Optional(
          Type.Record(RoleName, Type.Union([RoleName, Type.Array(RoleName, { maxItems: 50 })]), {
            ...closed,
            description: 'Roles here by roles there; what is not in it is no role',
          }),
        ),
      },
      { ...closed, description: 'The roles that it gives its users; without it they have none' },
    ),
  ),
  permissions: Type.Optional(
    Type.Object(
      { claim: ClaimPath('Where its permissions are') },
      { ...closed, description: 'Permissions that it gives itself, besides those of the roles' },
    ),
  ),
}
