/** `*.example.com` allows any one label in its place, and itself. */
export function isServerName(name: string, allowed: string): boolean {
  const [asked, listed] = [name.toLowerCase(), allowed.toLowerCase()]
  if (asked === listed) return true
  return listed.startsWith('*.') && asked.slice(asked.indexOf('.')) === listed.slice(1)
}
