import type { Addresses } from '../addresses/addresses.ts'
import type { Counters } from '../counters/counters.ts'
import type { DeviceStatus } from '../status/device-status.ts'

/** What the stages of a worker share, made with each configuration: a member for each thing that they ask. */
export type Services = {
  readonly status: DeviceStatus
  readonly counters: Counters
  readonly addresses: Addresses
}

export type ServicesOptions = {
  readonly status: DeviceStatus
  readonly counters: Counters
  readonly addresses: Addresses
}

/** Makes what the stages of a plan need. Touches nothing that is in force. */
export function createServices({ status, counters, addresses }: ServicesOptions): Services {
  return { status, counters, addresses }
}
