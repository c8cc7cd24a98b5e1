// A pure table: what a user or device may not do.
import type { Reason } from './reason.ts'

export const accessReasons = {
  access_denied: {
    area: 'access',
    status: 403,
    title: 'The user may not do this',
    fix: 'No rule of the route allows it: `sallyport explain` names the rules and what each found. Have the user given what one of them asks for, or mend the rule, and try it with `sallyport access test`.',
    retryable: false,
  },
  scope_missing: {
    area: 'access',
    status: 403,
    title: 'The access token does not have the scopes that this takes',
    fix: 'Ask the identity provider for the scopes in WWW-Authenticate (RFC 6750 §3.1), with the consent of the user.',
    action: 'refresh-token',
    retryable: false,
  },
} as const satisfies Record<string, Reason>
