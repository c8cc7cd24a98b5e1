/** What options and the `scan` section have in common. Loaded without what checks configuration. */
export const failLevels = ['critical', 'high', 'medium', 'low', 'never'] as const

/** A domain and what lies below it. */
export const domainShape =
  '^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$'
