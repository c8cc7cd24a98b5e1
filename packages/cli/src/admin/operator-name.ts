import { userInfo } from 'node:os'

/** Who is at the keyboard, also behind sudo; by number where the system has no name for it, as in a container. */
export function operatorName(nameOfUser = (): string => userInfo().username): string {
  const own = nameOr(nameOfUser, `uid ${process.getuid?.()}`)
  const behind = process.env['SUDO_USER']
  return (behind === undefined || behind === '' ? own : `${behind} as ${own}`).slice(0, 100)
}

/** getpwuid(3) knows no user of that number. */
function nameOr(nameOfUser: () => string, other: string): string {
  try {
    return nameOfUser()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_SYSTEM_ERROR') return other
    throw error
  }
}
