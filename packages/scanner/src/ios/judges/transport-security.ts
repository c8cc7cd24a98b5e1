import type { Judge } from '../../detector.ts'
import { cleartextToHost } from '../../endpoints/cleartext-to-host.ts'
import type { Finding, Severity } from '../../finding.ts'
import { listed } from '../../in-words.ts'
import { ownDomains } from '../../own-domains.ts'
import { type Bundle, isProcess } from '../bundle.ts'
import type { TransportException, TransportSecurity } from '../transport-security.ts'

const weakVersions = new Set(['TLSv1.0', 'TLSv1.1'])

/** What App Transport Security does not hold: for every host, for some kinds of use, and for single hosts. */
export const transportSecurity: Judge = function* ({ bundles }, { app, settings }) {
  const own = ownDomains(app, settings).domains
  for (const bundle of bundles) {
    const { transportSecurity: security } = bundle
    if (isOlder(bundle)) yield outOfForce(bundle)
    if (security === undefined || !isProcess(bundle)) continue
    yield* generally(bundle, security)
    for (const exception of security.exceptions) {
      yield* forHost(bundle, exception, own)
    }
  }
}

/** The first SDK whose programs App Transport Security holds: it is bound to what a program was linked against. */
const firstSdk = 9

/** An app that was linked against an SDK before that of iOS 9. */
function isOlder({ packageType, sdk }: Bundle): boolean {
  const major = /^iphone(?:os|simulator)(\d{1,3})\./.exec(sdk ?? '')?.[1]
  return packageType === 'APPL' && major !== undefined && Number(major) < firstSdk
}

function outOfForce({ id, sdk, location }: Bundle): Finding {
  return {
    rule: 'ats-weakened',
    severity: 'high',
    confidence: 'certain',
    title: 'App Transport Security is not in force',
    detail: `The app was built with the SDK ${sdk}. It holds for apps that were linked against the SDK of iOS ${firstSdk} or later: connections without TLS are allowed to every host, and NSAppTransportSecurity is not read.`,
    fix: 'Build with an SDK that the App Store still takes.',
    locations: [{ ...location, within: 'DTSDKName' }],
    identity: `${id} sdk`,
    facts: { bundle: id, ...(sdk === undefined ? {} : { sdk }) },
  }
}

type Part = Pick<Finding, 'title' | 'detail'> & { readonly severity: Severity }

/** What the keys for all hosts come to. */
const parts: readonly ((security: TransportSecurity) => Part | undefined)[] = [
  (security) =>
    security.allowsCleartext
      ? {
          severity: 'high',
          title: 'App Transport Security is off for every host',
          detail: `NSAllowsArbitraryLoads is true, and none of the narrower keys limits it: connections without TLS are allowed, and TLS may be older than 1.2.${stillHeld(security)}`,
        }
      : undefined,
  (security) =>
    security.isArbitraryLoadsIgnored
      ? {
          severity: 'info',
          title: 'NSAllowsArbitraryLoads is written, but has no effect',
          detail:
            'Since iOS 10 it is ignored where NSAllowsArbitraryLoadsInWebContent, NSAllowsArbitraryLoadsForMedia or NSAllowsLocalNetworking is present, with whatever value. If the narrower key is ever taken out, everything is allowed: take this one out too.',
        }
      : undefined,
  (security) =>
    security.allowsCleartextInWebContent
      ? {
          severity: 'medium',
          title: 'App Transport Security is off in web views',
          detail:
            'NSAllowsArbitraryLoadsInWebContent is true: pages in web views may be loaded without TLS, and whoever is on the path can put script into them.',
        }
      : undefined,
  (security) =>
    security.allowsCleartextForMedia
      ? {
          severity: 'low',
          title: 'App Transport Security is off for media',
          detail:
            'NSAllowsArbitraryLoadsForMedia is true: what AVFoundation loads may come without TLS.',
        }
      : undefined,
  (security) =>
    security.allowsLocalNetworking
      ? {
          severity: 'info',
          title: 'Connections without TLS are allowed on the local network',
          detail:
            'NSAllowsLocalNetworking is true: names without a dot, .local names, and IP addresses are exempt. Since iOS 17 the last are only those of private networks.',
        }
      : undefined,
]

function* generally(bundle: Bundle, security: TransportSecurity): Generator<Finding> {
  for (const [index, part] of parts.entries()) {
    const told = part(security)
    if (told === undefined) continue
    yield {
      rule: 'ats-weakened',
      confidence: 'certain',
      ...told,
      locations: [{ ...bundle.location, within: 'NSAppTransportSecurity' }],
      identity: `${bundle.id} ${index}`,
      facts: { bundle: bundle.id },
    }
  }
}

function* forHost(
  bundle: Bundle,
  exception: TransportException,
  own: readonly string[],
): Generator<Finding> {
  const { domain, includesSubdomains, minimumTls } = exception
  const whom = includesSubdomains ? `${domain} and its subdomains` : domain
  const about = {
    confidence: 'certain' as const,
    locations: [{ ...bundle.location, within: `NSExceptionDomains › ${domain}` }],
    identity: `${bundle.id} ${domain}`,
    facts: { bundle: bundle.id, domain, includesSubdomains },
  }
  if (exception.allowsCleartext) {
    const { severity, consequence } = cleartextToHost(domain, own)
    yield {
      rule: 'ats-weakened',
      ...about,
      severity,
      title: `Connections without TLS are allowed to ${whom}`,
      detail: `NSExceptionAllowsInsecureHTTPLoads is true for ${whom}. ${consequence}`,
    }
  } else if (!exception.requiresForwardSecrecy) {
    yield {
      rule: 'ats-weakened',
      ...about,
      severity: 'low',
      title: `TLS without forward secrecy is accepted of ${whom}`,
      detail: `NSExceptionRequiresForwardSecrecy is false for ${whom}: whoever records connections now can read them later with the key of the server.`,
    }
  }
  if (minimumTls !== undefined && weakVersions.has(minimumTls)) {
    yield {
      rule: 'weak-tls-version',
      ...about,
      title: `${minimumTls} is accepted of ${whom}`,
      detail: `NSExceptionMinimumTLSVersion is ${minimumTls} for ${whom}. The platform's own minimum is 1.2.`,
    }
  }
}

function stillHeld({ exceptions }: TransportSecurity): string {
  const held = exceptions.filter(({ allowsCleartext }) => !allowsCleartext)
  if (held.length === 0) return ''
  return ` It still holds for ${listed(held.map(({ domain }) => domain))}: exceptions are not affected.`
}
