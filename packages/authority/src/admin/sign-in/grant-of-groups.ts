import { Problem } from '@sallyport/problem'
import type { SignInConfig } from '../../config/sign-in-config.ts'

type Grant = SignInConfig['grants'][number]

/**
 * What somebody may do, by the groups that an ID token says.
 *
 * @throws Problem `sign_in_refused` where a required group is missing, or no group is given anything
 */
export function grantOfGroups(
  claims: Readonly<Record<string, unknown>>,
  { groupsClaim, requiredGroups, grants }: SignInConfig,
): Grant {
  const groups = groupsOf(Object.hasOwn(claims, groupsClaim) ? claims[groupsClaim] : undefined)
  const missing = requiredGroups.find((group) => !groups.includes(group))
  if (missing !== undefined) {
    throw new Problem('sign_in_refused', {
      expected: `${missing} in the claim ${groupsClaim}`,
      found: 'other groups, or none',
    })
  }
  const grant = grants.find(({ group }) => groups.includes(group))
  if (grant !== undefined) return grant
  throw new Problem('sign_in_refused', {
    expected: `a group of authority.admin.signIn.grants in the claim ${groupsClaim}`,
    found: 'other groups, or none',
  })
}

/** A list of texts, or one text. Anything else is no group. */
function groupsOf(value: unknown): readonly string[] {
  const all: unknown[] = Array.isArray(value) ? value : [value]
  return all.filter((one) => typeof one === 'string')
}
