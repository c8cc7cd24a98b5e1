/** Paths of what gateways ask of the authority, on its admin listener, under a gateway's certificate. */
export const gatewayPaths = {
  snapshot: '/gateway/v1/snapshot',
  feed: '/gateway/v1/feed',
  reports: '/gateway/v1/reports',
} as const

/** A gateway that hears nothing for two of these counts its feed as disconnected. */
export const heartbeatSeconds = 5

/** The kinds of change that this version knows. A kind that a gateway does not know makes it stale. */
export const changeKinds = ['certificate', 'device', 'issuer'] as const
export type ChangeKind = (typeof changeKinds)[number]
