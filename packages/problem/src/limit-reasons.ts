// A pure table: what was asked too often.
import type { Reason } from './reason.ts'

/** Types that draft-ietf-httpapi-ratelimit-headers-11 §6 registers. */
const problemTypes = 'https://iana.org/assignments/http-problem-types'

export const limitReasons = {
  rate_limited: {
    area: 'limit',
    status: 429,
    title: 'Too many requests',
    fix: 'Wait as long as Retry-After says. The decision names the limit and its key: `sallyport explain`.',
    retryable: true,
  },
  quota_exceeded: {
    area: 'limit',
    status: 429,
    title: 'A limit of this route was exceeded',
    fix: 'Wait as long as Retry-After says. The decision names the rule under stages.limits, and whom it counts: `sallyport explain`. Where clients that behave come so often, raise limit or burst of that rule.',
    retryable: true,
    problemType: `${problemTypes}#quota-exceeded`,
  },
  too_many_at_once: {
    area: 'limit',
    status: 429,
    title: 'Too many requests are under way at once',
    fix: 'Send the next request when one of those before it was answered. The rule is one of stages.limits with atOnce.',
    retryable: true,
    problemType: `${problemTypes}#quota-exceeded`,
  },
  tries_delayed: {
    area: 'limit',
    status: 429,
    title: 'After failed tries, the next one must wait',
    fix: 'Wait as long as Retry-After says. Where many accounts or one address fail on and on, somebody guesses: see the bruteForce rule that the decision names.',
    retryable: true,
    problemType: `${problemTypes}#abnormal-usage-detected`,
  },
} as const satisfies Record<string, Reason>
