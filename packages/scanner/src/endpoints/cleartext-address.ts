import { policyFor } from '../android/network/network-policy.ts'
import type { Judge } from '../detector.ts'
import { listed } from '../in-words.ts'
import { isWithin, ownDomains } from '../own-domains.ts'

const maxLocations = 10
const withoutTls = new Set(['http', 'ws', 'ftp', 'mqtt'])

/**
 * Addresses without TLS at the developer's own domains. Where the platform refuses such connections they only fail,
 * and nothing is said; other people's hosts stand in packages for many reasons.
 */
export const cleartextAddress: Judge = function* (
  { endpoints, networkPolicies },
  { app, settings },
) {
  const { domains, isGuessed } = ownDomains(app, settings)
  const own = endpoints.filter(
    ({ scheme, host }) =>
      withoutTls.has(scheme) && domains.some((domain) => isWithin(host, domain)),
  )
  for (const [host, places] of Map.groupBy(own, (each) => each.host)) {
    const isRefused =
      networkPolicies.length > 0 &&
      networkPolicies.every((policy) => !policyFor(policy, host).cleartext.value) &&
      places.every(({ scheme }) => scheme === 'http' || scheme === 'ws')
    if (isRefused) continue
    const addresses = [...new Set(places.map(({ scheme, path }) => `${scheme}://${host}${path}`))]
    yield {
      rule: 'cleartext-traffic',
      severity: 'low',
      confidence: isGuessed ? 'tentative' : 'firm',
      title: `The package holds addresses at ${host} without TLS`,
      detail: `${listed(addresses)}. Whoever is on the path reads and changes what is sent there. Some stand for a redirection, or for a name only.`,
      fix: 'Write https:// (or wss://, mqtts://), and let the server answer nothing else but a redirection.',
      locations: places.slice(0, maxLocations).map(({ location }) => location),
      identity: `address ${host}`,
      facts: { host },
    }
  }
}
