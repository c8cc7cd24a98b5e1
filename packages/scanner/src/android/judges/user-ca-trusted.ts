import { type AppPackage, isLibrary } from '../../app-package.ts'
import type { Judge } from '../../detector.ts'
import type { Finding } from '../../finding.ts'
import { listed } from '../../in-words.ts'
import type { HostPolicy, NetworkPolicy } from '../network/network-policy.ts'
import { identityOf } from './identity.ts'

/** Where apps that may connect believe authorities that users add, in builds that are not debuggable. */
export const userCaTrusted: Judge = function* ({ networkPolicies }, { app }) {
  // A library takes on what the app around it says.
  if (isLibrary(app.format)) return
  for (const policy of networkPolicies) {
    if (!policy.mayConnect) continue
    const everywhere = userAnchors(policy.others)
    if (everywhere) {
      const { because } = policy.others.anchors
      yield {
        rule: 'user-ca-trusted',
        confidence: 'certain',
        title: 'Certificate authorities that users add are trusted for every host',
        detail: `They are trusted because ${because}.${exceptions(policy)}`,
        locations: [everywhere.location],
        identity: identityOf(app, policy.packageName, '*'),
        facts: { because },
      }
    } else if (policy.minSdk < 24) yield onOldPlatforms(policy, app)
    for (const each of policy.hosts) {
      const anchors = userAnchors(each)
      // What is inherited from the base has been said once.
      if (
        anchors === undefined ||
        (everywhere && each.anchors.location === policy.others.anchors.location)
      )
        continue
      yield forHost(policy, each, app)
    }
  }
}

function userAnchors({ anchors }: NetworkPolicy['others']) {
  return anchors.value.find(({ source, isForDebugging }) => source === 'user' && !isForDebugging)
}

function isPinned(each: NetworkPolicy['others']): boolean {
  return (
    each.pinSet !== undefined && each.pinSet.pins.length > 0 && !userAnchors(each)?.overridesPins
  )
}

function forHost(policy: NetworkPolicy, each: HostPolicy, app: AppPackage): Finding {
  const { host, includesSubdomains, anchors } = each
  const whom = includesSubdomains ? `${host} and its subdomains` : host
  const pinned = isPinned(each)
    ? ' Its pins count for such chains as well, until they expire, so that such an authority alone is not enough.'
    : ''
  return {
    rule: 'user-ca-trusted',
    severity: isPinned(each) ? 'low' : 'high',
    confidence: 'certain',
    title: `Certificate authorities that users add are trusted for ${whom}`,
    detail: `They are trusted because ${anchors.because}.${pinned}`,
    locations: [userAnchors(each)?.location ?? each.location],
    identity: identityOf(app, policy.packageName, host),
    facts: { host, includesSubdomains },
  }
}

function exceptions({ hosts }: NetworkPolicy): string {
  const without = hosts.filter((each) => !userAnchors(each)).map(({ host }) => host)
  return without.length === 0 ? '' : ` They are not for ${listed(without)}.`
}

function onOldPlatforms({ packageName, minSdk, others }: NetworkPolicy, app: AppPackage): Finding {
  return {
    rule: 'user-ca-trusted',
    severity: 'low',
    confidence: 'certain',
    title: 'Certificate authorities that users add are trusted up to Android 6',
    detail: `The app installs from API level ${minSdk} on. Up to API level 23 every app trusts what users add, and no configuration is read that says otherwise.`,
    fix: 'Raise minSdk to 24, or pin in code for those versions.',
    locations: [others.location],
    identity: identityOf(app, packageName, 'old platforms'),
  }
}
