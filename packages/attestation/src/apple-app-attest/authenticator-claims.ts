import type { Claims } from '../attestation-result.ts'
import {
  appendedClaims,
  bundleVersionOf,
  validationCategoryOf,
  validationCategoryText,
} from './appended-claims.ts'
import type { AuthenticatorData } from './authenticator-data.ts'

/** What authenticator data say, for JSON. */
export function authenticatorClaims(data: AuthenticatorData): Claims {
  const category = validationCategoryOf(data.appended)
  const version = bundleVersionOf(data.appended)
  return {
    rpIdHash: data.rpIdHash.toString('hex'),
    flags: data.flags,
    counter: data.counter,
    ...(category === undefined ? {} : { validationCategory: validationCategoryText(category) }),
    ...(version === undefined ? {} : { bundleVersion: version }),
    ...(data.appended === undefined ? {} : { appended: appendedClaims(data.appended) }),
  }
}
