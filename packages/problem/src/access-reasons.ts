// A pure table: what a user or device may not do.
import type { Reason } from './reason.ts'

export const accessReasons = {
  access_denied: {
    area: 'access',
    status: 403,
    title: 'The user may not do this',
    fix: 'No rule of the route allows it: `sallyport explain` names the rules and what each found.',
    retryable: false,
  },
} as const satisfies Record<string, Reason>
