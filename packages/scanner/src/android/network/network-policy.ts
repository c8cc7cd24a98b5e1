import type { Location } from '../../finding.ts'
import type { ConfiguredPinSet, TrustAnchors } from './network-security-config.ts'

/** What holds, and why: a sentence's middle, such as `targetSdk 27 allows it and nothing says otherwise`. */
export type Decision<Value> = {
  readonly value: Value
  readonly because: string
  readonly location: Location
  /** Whether no file of the app says so, only the platform, which says otherwise in other versions of it. */
  readonly isDefault: boolean
}

/** What holds for connections to one host. */
export type HostPolicy = {
  readonly host: string
  readonly includesSubdomains: boolean
  readonly cleartext: Decision<boolean>
  readonly anchors: Decision<readonly TrustAnchors[]>
  readonly pinSet: ConfiguredPinSet | undefined
  readonly location: Location
}

/** What the platform does with an application's connections, as far as its package decides that. */
export type NetworkPolicy = {
  readonly packageName: string
  readonly minSdk: number
  /** Whether it asks for the permission to connect at all. */
  readonly mayConnect: boolean
  /** Where the configuration lies; undefined: the manifest and the platform decide alone. */
  readonly configPath: string | undefined
  /** As configured; `policyFor` says which of them counts for a host. */
  readonly hosts: readonly HostPolicy[]
  /** For every host that none of them is about. */
  readonly others: Omit<HostPolicy, 'host' | 'includesSubdomains'>
  /** Before Android 7 the configuration is not read: this is what the manifest says then. Undefined: nothing. */
  readonly usesCleartextTraffic: boolean | undefined
}

/** As `ApplicationConfig.getConfigForHostname`: the host itself, else the longest domain that includes it. */
export function policyFor(policy: NetworkPolicy, host: string): NetworkPolicy['others'] {
  const name = host.toLowerCase().replace(/\.$/, '')
  const exact = policy.hosts.find((each) => each.host === name)
  if (exact) return exact
  let best: HostPolicy | undefined
  for (const each of policy.hosts) {
    if (!each.includesSubdomains || !name.endsWith(`.${each.host}`)) continue
    if (best === undefined || each.host.length > best.host.length) best = each
  }
  return best ?? policy.others
}
