/**
 * The switches of a configuration whose name begins with `insecure` and that are on, as paths such as
 * `apps.demo.insecureDevelopmentDevices`. Danger has a name, and is printed at start.
 */
export function insecureSwitches(value: unknown, path: readonly string[] = []): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, member]) => {
    const here = [...path, key]
    const isOn = key.startsWith('insecure') && !isOff(member)
    return [...(isOn ? [here.join('.')] : []), ...insecureSwitches(member, here)]
  })
}

/** A switch that takes a list is off where the list is empty. */
function isOff(member: unknown): boolean {
  return member === false || member === undefined || (Array.isArray(member) && member.length === 0)
}
