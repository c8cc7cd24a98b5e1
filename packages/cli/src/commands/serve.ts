import type { Operation } from '../command.ts'
import { locateConfig } from '../configuration/locate.ts'
import { choiceOption } from '../input.ts'
import { type Role, roles } from '../serve/roles.ts'

export const serve: Operation = async (input, output) => {
  const file = locateConfig(input)
  const name = choiceOption(input, 'role', Object.keys(roles))
  const role = Object.values<Role>(roles).find((known) => known.name === name)
  if (role === undefined) {
    const { superviseRoles } = await import('../serve/supervise-roles.ts')
    return await superviseRoles(file, output)
  }
  const { serveRole } = await import('../serve/serve-role.ts')
  return await serveRole(role, file, output)
}
