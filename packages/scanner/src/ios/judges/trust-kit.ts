import type { Judge } from '../../detector.ts'

/** Pins that TrustKit must have of a domain that it enforces (parse_configuration.m): it throws where it has fewer. */
const pinsNeeded = 2

/** What TrustKit ends the app for, before the first connection. Pins that are none are told of for every source. */
export const trustKit: Judge = function* ({ pins }) {
  for (const { source, host, isEnforced, pins: given, location, includesSubdomains } of pins) {
    if (source !== 'trustkit' || !isEnforced || new Set(given).size >= pinsNeeded) continue
    yield {
      rule: 'pin-set-invalid',
      confidence: 'certain',
      title: `TrustKit refuses to start: ${host} has ${given.length === 0 ? 'no pin' : 'one pin'}`,
      detail: `TSKPublicKeyHashes of ${host} has ${new Set(given).size} different pins. Where pins are enforced, TrustKit demands ${pinsNeeded}, throws an exception when it is started, and the app ends.`,
      fix: 'Add the pin of a key that is kept offline: sallyport pins backup.',
      locations: [location],
      identity: `trustkit ${host} count`,
      facts: { host, includesSubdomains },
    }
  }
}
