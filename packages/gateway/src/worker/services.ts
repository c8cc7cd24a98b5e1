import type { DeviceStatus } from '../status/device-status.ts'

/** What the stages of a worker share, made with each configuration: a member for each thing that they ask. */
export type Services = {
  readonly status: DeviceStatus
}

export type ServicesOptions = {
  readonly status: DeviceStatus
}

/** Makes what the stages of a plan need. Touches nothing that is in force. */
export function createServices({ status }: ServicesOptions): Services {
  return { status }
}
