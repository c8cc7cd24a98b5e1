import type { Judge } from '../../detector.ts'

/** Domains of NSPinnedDomains with no identity: the key is there, and pins nothing that anybody chose. */
export const pinnedDomains: Judge = function* ({ pins }) {
  for (const { source, host, pins: given, location, role } of pins) {
    if (source !== 'ios-ats' || given.length > 0) continue
    yield {
      rule: 'pin-set-invalid',
      confidence: 'certain',
      title: `NSPinnedDomains names ${host} without a pin`,
      detail: `${host} has neither NSPinnedCAIdentities nor NSPinnedLeafIdentities with a pin in it. Apple demands at least one; connections are pinned to nothing, or refused.`,
      locations: [location],
      identity: `ios-ats ${host} ${role ?? 'ca'} empty`,
      facts: { host },
    }
  }
}
