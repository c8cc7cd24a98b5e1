import type { PinnedHost } from './pins-file.ts'
import type { SubdomainDepth } from './pins-schema.ts'

type Named = { readonly name: string; readonly subdomains: SubdomainDepth }

const depths: Readonly<Record<SubdomainDepth, (labels: number) => boolean>> = {
  none: (labels) => labels === 0,
  one: (labels) => labels <= 1,
  any: () => true,
}

/** Whether the pins of a host hold for a name: for its own, and for names below it as deep as it says. */
export function covers({ name, subdomains }: Named, asked: string): boolean {
  if (asked === name) return true
  if (!asked.endsWith(`.${name}`)) return false
  return depths[subdomains](asked.slice(0, -name.length - 1).split('.').length)
}

/** Of several hosts that cover a name the most specific counts. */
export function hostFor(hosts: readonly PinnedHost[], asked: string): PinnedHost | undefined {
  return hosts
    .filter((host) => covers(host, asked))
    .toSorted((a, b) => b.name.length - a.name.length)[0]
}

/** The hosts to which some of the names of another belong as well: those above it that reach down to it. */
export function hostsAbove<Host extends Named>(
  { name }: Named,
  hosts: ReadonlyMap<string, Host>,
): Host[] {
  const labels = name.split('.')
  return labels.slice(1).flatMap((_, index) => {
    const above = hosts.get(labels.slice(index + 1).join('.'))
    return above !== undefined && covers(above, name) ? [above] : []
  })
}
