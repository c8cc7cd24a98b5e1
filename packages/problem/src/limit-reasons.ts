// A pure table: what was asked too often.
import type { Reason } from './reason.ts'

export const limitReasons = {
  rate_limited: {
    area: 'limit',
    status: 429,
    title: 'Too many requests',
    fix: 'Wait as long as Retry-After says. The decision names the limit and its key: `sallyport explain`.',
    retryable: true,
  },
} as const satisfies Record<string, Reason>
