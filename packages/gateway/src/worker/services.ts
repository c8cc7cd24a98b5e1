import type { Addresses } from '../addresses/addresses.ts'
import type { Counters } from '../counters/counters.ts'
import type { Plan } from '../configuration/plan.ts'
import { compileGrants, type GrantsOf } from '../access/grants.ts'
import type { DeviceStatus } from '../status/device-status.ts'

/** What the stages of a worker share, made with each configuration: a member for each thing that they ask. */
export type Services = {
  readonly status: DeviceStatus
  readonly counters: Counters
  readonly addresses: Addresses
  /** Roles and permissions of a user. */
  readonly grantsOf: GrantsOf
}

export type ServicesOptions = {
  readonly status: DeviceStatus
  readonly counters: Counters
  readonly addresses: Addresses
}

/** Makes what the stages of a plan need. Touches nothing that is in force. */
export function createServices(plan: Plan, options: ServicesOptions): Services {
  const { status, counters, addresses } = options
  const grantsOf = compileGrants(plan.access.roles, plan.identityProviders)
  return { status, counters, addresses, grantsOf }
}
