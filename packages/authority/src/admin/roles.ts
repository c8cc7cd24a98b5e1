import { Problem } from '@sallyport/problem'

/** Roles of admin tokens, each with what the ones before it may do. */
export const roles = ['viewer', 'support', 'operator', 'admin'] as const
export type Role = (typeof roles)[number]

/** viewer reads · support decides approvals, makes enrolment tokens, suspends and resumes · operator revokes · admin makes admin tokens. */
export function hasRole(held: string, needed: Role): boolean {
  const rank = roles.findIndex((role) => role === held)
  return rank >= roles.indexOf(needed)
}

/** @throws Problem `admin_role_too_low` */
export function refuseLowerRole({ role }: { readonly role: Role }, needed: Role): void {
  if (hasRole(role, needed)) return
  throw new Problem('admin_role_too_low', { expected: needed, found: role })
}
