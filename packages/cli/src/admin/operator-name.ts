import { userInfo } from 'node:os'

/** Who is at the keyboard, also behind sudo. */
export function operatorName(): string {
  const own = userInfo().username
  const behind = process.env['SUDO_USER']
  return (behind === undefined || behind === '' ? own : `${behind} as ${own}`).slice(0, 100)
}
