// A pure table: where a request may not come from.
import type { Reason } from './reason.ts'

export const addressReasons = {
  address_blocked: {
    area: 'address',
    status: 403,
    title: 'Requests from this network are not taken',
    fix: 'The list or block that holds the address is in the decision: `sallyport explain`.',
    retryable: false,
  },
} as const satisfies Record<string, Reason>
