import { isLibrary } from '../app-package.ts'
import type { Judge } from '../detector.ts'
import { listed } from '../in-words.ts'
import { isWithin, ownDomains } from '../own-domains.ts'
import { pinsCover } from './pin-covers.ts'

const shownHosts = 10
const encrypted = new Set(['https', 'wss'])

/**
 * Hosts of the developer that the app speaks to and that nothing pins. A domain that is only guessed counts where the
 * package holds an address in it; one that was told counts as it is.
 */
export const pinningMissing: Judge = function* ({ endpoints, pins }, { app, settings }) {
  const { domains, isGuessed } = ownDomains(app, settings)
  // The name of a library says who made it, and not to whom the app around it speaks.
  if (isGuessed && isLibrary(app.format)) return
  for (const domain of domains) {
    const seen = endpoints.filter(
      ({ host, scheme }) => encrypted.has(scheme) && isWithin(host, domain),
    )
    const hosts = [...new Set(seen.map(({ host }) => host))]
    const asked = hosts.length === 0 && !isGuessed ? [domain] : hosts
    const open = asked.filter((host) => !pins.some((set) => pinsCover(set, host))).toSorted()
    if (open.length === 0) continue
    const locations = seen.filter(({ host }) => open.includes(host)).map(({ location }) => location)
    const why = isGuessed
      ? `${domain} is taken for the developer's domain because the id of the app is ${app.id}.`
      : `${domain} was given as one of the developer's own domains.`
    yield {
      rule: 'pinning-missing',
      confidence: isGuessed ? 'tentative' : 'firm',
      title: `Connections to ${domain} are not pinned`,
      detail: `No pins were found for ${listed(open)}. ${why} Pins that code sets up at run time from what it is sent are not seen.`,
      locations: locations.length > 0 ? locations : [{ path: '.' }],
      identity: domain,
      facts: { domain, hosts: open.slice(0, shownHosts), isGuessed },
    }
  }
}
