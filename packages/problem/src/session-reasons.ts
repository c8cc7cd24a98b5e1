// A pure table: what ends access tokens before they expire.
import type { Reason } from './reason.ts'

export const sessionReasons = {
  token_ended: {
    area: 'token',
    status: 401,
    title: 'The access token has been ended',
    fix: 'Sign the user in again. `sallyport sessions list` tells who ended what, and why.',
    action: 'refresh-token',
    retryable: false,
  },
  token_session_ended: {
    area: 'token',
    status: 401,
    title: 'The session that the access token belongs to has been ended',
    fix: 'Sign the user in again. `sallyport sessions list` tells who ended it: an operator, or the identity provider by a logout.',
    action: 'refresh-token',
    retryable: false,
    publicCode: 'token_ended',
  },
  token_subject_ended: {
    area: 'token',
    status: 401,
    title: 'All tokens that the user had been given until then have been ended',
    fix: 'Sign the user in again: a token issued since counts. `sallyport sessions list` tells who ended them, and why.',
    action: 'refresh-token',
    retryable: false,
    publicCode: 'token_ended',
  },
  token_device_ended: {
    area: 'token',
    status: 401,
    title: 'All tokens that were issued until then have been ended on this device',
    fix: 'Sign the user in again on it: a token issued since counts. The certificate of the device goes on.',
    action: 'refresh-token',
    retryable: false,
    publicCode: 'token_ended',
  },
} as const satisfies Record<string, Reason>
