import type { PinSet, PinSource } from '../pin-set.ts'

/** What a name with subdomains means differs from platform to platform. */
const coversSubdomain: Readonly<Record<PinSource, (host: string, domain: string) => boolean>> = {
  'android-nsc': atAnyDepth,
  trustkit: atAnyDepth,
  // NSIncludesSubdomains: one label more (Apple, NSPinnedDomains).
  'ios-ats': oneLabelMore,
  // `**.` is any depth, `*.` is one label; the set's own host is what stands behind.
  okhttp: atAnyDepth,
}

/** Whether connections to a host are held to the pins. */
export function pinsCover(set: PinSet, host: string): boolean {
  if (!set.isEnforced || set.pins.length === 0) return false
  const domain = set.host.replace(/^\*{1,2}\./, '')
  if (set.host === host || (domain === host && !set.host.startsWith('*.'))) return true
  if (set.host.startsWith('*.')) return oneLabelMore(host, domain)
  const hasSubdomains = set.includesSubdomains || set.host.startsWith('**.')
  return hasSubdomains && coversSubdomain[set.source](host, domain)
}

function atAnyDepth(host: string, domain: string): boolean {
  return host.endsWith(`.${domain}`)
}

function oneLabelMore(host: string, domain: string): boolean {
  return atAnyDepth(host, domain) && !host.slice(0, -domain.length - 1).includes('.')
}
