import { type AppPackage, isLibrary } from '../../app-package.ts'
import type { Judge } from '../../detector.ts'
import { cleartextToHost } from '../../endpoints/cleartext-to-host.ts'
import { reachOf } from '../../endpoints/reach.ts'
import type { Endpoint } from '../../facts.ts'
import type { Finding } from '../../finding.ts'
import { listed } from '../../in-words.ts'
import { ownDomains } from '../../own-domains.ts'
import { type NetworkPolicy, policyFor } from '../network/network-policy.ts'
import { identityOf } from './identity.ts'

const shownHosts = 10

/** Where connections without TLS are allowed, to apps that may connect: to every host, to one, or on old platforms. */
export const cleartextTraffic: Judge = function* (facts, { app, settings }) {
  // A library takes on what the app around it says.
  if (isLibrary(app.format)) return
  const own = ownDomains(app, settings).domains
  for (const policy of facts.networkPolicies) {
    if (!policy.mayConnect) continue
    const http = facts.endpoints.filter((each) => each.scheme === 'http' || each.scheme === 'ws')
    yield* policy.others.cleartext.value
      ? [everywhere(policy, http, app)]
      : onOldPlatforms(policy, app)
    for (const each of policy.hosts) {
      // Allowed everywhere, it needs no word for each host.
      if (!each.cleartext.value || policy.others.cleartext.value) continue
      const { host, includesSubdomains, cleartext, location } = each
      const { severity, consequence } = cleartextToHost(host, own)
      const whom = includesSubdomains ? `${host} and its subdomains` : host
      yield {
        rule: 'cleartext-traffic',
        severity,
        confidence: 'certain',
        title: `Connections without TLS are allowed to ${whom}`,
        detail: `Cleartext to ${whom} is allowed because ${cleartext.because}. ${consequence}`,
        locations: [location, cleartext.location],
        identity: identityOf(app, policy.packageName, host),
        facts: { host, includesSubdomains },
      }
    }
  }
}

function everywhere(policy: NetworkPolicy, http: readonly Endpoint[], app: AppPackage): Finding {
  const { cleartext } = policy.others
  const refused = policy.hosts.filter((each) => !each.cleartext.value).map(({ host }) => host)
  const used = [
    ...new Set(
      http.filter(({ host }) => policyFor(policy, host).cleartext.value).map(({ host }) => host),
    ),
  ].filter((host) => reachOf(host) === 'anywhere')
  const except = refused.length === 0 ? '' : ` It is refused to ${listed(refused)} only.`
  const evidence =
    used.length === 0
      ? ' No address that begins with http:// was found in the package; one may come over the network.'
      : ` The package holds addresses that begin with http://: ${listed(used)}.`
  return {
    rule: 'cleartext-traffic',
    confidence: 'certain',
    title: 'Connections without TLS are allowed to every host',
    detail: `Cleartext is allowed because ${cleartext.because}.${except}${evidence}`,
    locations: [cleartext.location],
    identity: identityOf(app, policy.packageName, '*'),
    facts: { because: cleartext.because, hosts: used.slice(0, shownHosts) },
  }
}

/**
 * Before Android 9 the platform allows what nobody forbids, whatever the target SDK; before Android 7 it does not
 * read the configuration, only the manifest; before Android 6 neither.
 */
function* onOldPlatforms(policy: NetworkPolicy, app: AppPackage): Generator<Finding> {
  const { cleartext } = policy.others
  const isUnsaid = cleartext.isDefault && policy.minSdk < 28
  const isUnread = policy.minSdk < 24 && policy.usesCleartextTraffic !== false
  if (!isUnsaid && !isUnread) return
  const until = isUnsaid ? 'Android 8.1 (API level 27)' : 'Android 6 (API level 23)'
  const reason = isUnsaid
    ? 'no file of the app forbids it, and those versions allow what is not forbidden'
    : 'they do not read the network security configuration, and the manifest does not say android:usesCleartextTraffic="false"'
  yield {
    rule: 'cleartext-traffic',
    severity: 'low',
    confidence: 'certain',
    title: `Connections without TLS are allowed up to ${until}`,
    detail: `The app installs from API level ${policy.minSdk} on. Up to ${until} cleartext to every host is allowed: ${reason}. On later versions it is refused because ${cleartext.because}.`,
    fix: isUnsaid
      ? 'Say it: android:usesCleartextTraffic="false", or cleartextTrafficPermitted="false" in <base-config>.'
      : 'Add android:usesCleartextTraffic="false" to the manifest, or raise minSdk to 24.',
    locations: [cleartext.location],
    identity: identityOf(app, policy.packageName, 'old platforms'),
  }
}
