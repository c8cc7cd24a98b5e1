import type { Severity } from '../finding.ts'
import { isWithin } from '../own-domains.ts'
import { type Reach, reachOf } from './reach.ts'

type Weight = { readonly severity: Severity; readonly consequence: string }

const weights: Readonly<Record<Reach, Weight>> = {
  device: {
    severity: 'info',
    consequence: 'It does not leave the device, its emulator or its simulator.',
  },
  network: {
    severity: 'low',
    consequence: 'It is a name or an address of a private network.',
  },
  anywhere: {
    severity: 'medium',
    consequence: 'Whoever is on the path reads and changes it.',
  },
}

/**
 * What it comes to that connections without TLS are allowed to one host, on either platform: the worst at a domain of
 * the developer's own, which gets what the app has to tell.
 *
 * @param host in lower case
 * @param own domains of the developer, in lower case
 * @returns the severity, and a sentence that says why
 */
export function cleartextToHost(host: string, own: readonly string[]): Weight {
  const weight = weights[reachOf(host)]
  return own.some((domain) => isWithin(host, domain)) ? { ...weight, severity: 'high' } : weight
}
