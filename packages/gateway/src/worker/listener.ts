import type { ListenerPlan } from '../configuration/listener-plan.ts'
import type { NetworkTree } from '../addresses/network-tree.ts'
import { Hop } from '../edge/hop.ts'
import { networkTreeOf } from '../edge/hop-proof.ts'

/** A listener of this worker, under the present configuration. */
export class Listener {
  plan: ListenerPlan
  /** Who may send PROXY protocol headers; undefined where none are expected. */
  proxies: NetworkTree | undefined
  hop: Hop | undefined

  constructor(plan: ListenerPlan) {
    this.plan = plan
    this.proxies = proxiesOf(plan)
    this.hop = plan.hop === undefined ? undefined : new Hop(plan.hop)
  }

  get isUnix(): boolean {
    return this.plan.name.startsWith('unix:')
  }

  /** Takes over what a new configuration says of this listener; open connections are held to it as well. */
  use(plan: ListenerPlan): void {
    if (JSON.stringify(plan) === JSON.stringify(this.plan)) return
    this.plan = plan
    this.proxies = proxiesOf(plan)
    this.hop = plan.hop === undefined ? undefined : new Hop(plan.hop)
  }
}

function proxiesOf({ proxyFrom }: ListenerPlan): NetworkTree | undefined {
  return proxyFrom === undefined ? undefined : networkTreeOf(proxyFrom)
}
