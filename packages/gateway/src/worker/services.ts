import type { Counters } from '../counters/counters.ts'
import type { DeviceStatus } from '../status/device-status.ts'

/** What the stages of a worker share, made with each configuration: a member for each thing that they ask. */
export type Services = {
  readonly status: DeviceStatus
  readonly counters: Counters
}

export type ServicesOptions = {
  readonly status: DeviceStatus
  readonly counters: Counters
}

/** Makes what the stages of a plan need. Touches nothing that is in force. */
export function createServices({ status, counters }: ServicesOptions): Services {
  return { status, counters }
}
