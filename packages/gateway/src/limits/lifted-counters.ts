import type { LiftSubject } from '@sallyport/wire/lift'
import { networkOf, networkText, isMapped, parseNetwork } from '../addresses/network.ts'
import type { HostPlan } from '../configuration/plan.ts'
import type { Counters } from '../counters/counters.ts'
import { addressKey, networkKey } from './address-key.ts'
import { compileSource } from './key-source.ts'
import { guardPart, limitId, ruleId, type RuleScope } from './limit-rule.ts'
import type { KeyWord, LimitsSettings } from './limit-settings.ts'
import { sourcesOf } from './limit-settings.ts'

/** What a subject is counted by, under each word that a rule may count it by. */
type Counted = Partial<Record<KeyWord, string>>

/**
 * Forgets what limits and `bruteForce` counted of a subject, under every rule of a configuration that counts
 * it alone. Rules of several keys are left: nobody knows with what else it was counted.
 */
export function liftCounters(
  hosts: readonly HostPlan[],
  subject: LiftSubject,
  counters: Counters,
): void {
  const counted = countedBy(subject)
  for (const { scope, settings } of limitsOf(hosts)) {
    for (const rule of settings.rules ?? []) {
      const [only, ...more] = sourcesOf(rule)
      const value = typeof only === 'string' && more.length === 0 ? counted[only] : undefined
      if (only === undefined || value === undefined) continue
      counters.forget(counters.keyOf([limitId(rule, scope), value]), compileSource(only).isProven)
    }
    for (const guard of settings.bruteForce ?? []) {
      const id = ruleId(guard, scope)
      if (subject.kind === 'account') {
        const { hash, deviceId } = subject
        counters.forget(counters.keyOf([guardPart.account(id), hash]), false)
        if (deviceId === undefined) continue
        counters.forget(counters.keyOf([guardPart.own(id), deviceId, hash]), true)
      } else if (counted.address !== undefined) {
        counters.forget(counters.keyOf([guardPart.address(id), counted.address]), false)
      }
    }
  }
}

function countedBy(subject: LiftSubject): Counted {
  if (subject.kind === 'device') return { device: subject.deviceId }
  if (subject.kind === 'user') return { user: subject.hash }
  if (subject.kind === 'account') return {}
  const network = parseNetwork(subject.network)
  if (network === undefined) return {}
  const address = networkText(networkOf(network.words, 128))
  const [key, around] = [addressKey(address), networkKey(address)]
  // Of a wider network nobody can say which addresses were counted.
  const customer = isMapped(network.words) ? 128 : 64
  return network.length < customer ? { network: around } : { address: key, network: around }
}

function limitsOf(
  hosts: readonly HostPlan[],
): { readonly scope: RuleScope; readonly settings: LimitsSettings }[] {
  return hosts.flatMap((host) =>
    [{ name: '', stages: host.stages }, ...host.routes].flatMap(({ name, stages }) => {
      const settings = stages['limits'] as LimitsSettings | undefined
      return settings === undefined ? [] : [{ scope: { host: host.name, route: name }, settings }]
    }),
  )
}
