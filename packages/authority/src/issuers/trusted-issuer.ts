import { type TrustedIssuer, toBase64url } from '@sallyport/wire'
import type { IssuerRow } from '../store/tables.ts'

/**
 * An issuing CA as gateways are told of it.
 *
 * @param isIssuedListed whether of its certificates those alone are believed that the feed lists
 */
export function trustedIssuer(row: IssuerRow, isIssuedListed = false): TrustedIssuer {
  return {
    certificate: toBase64url(row.certificate),
    kind: row.kind,
    trustDomain: row.trust_domain,
    appId: row.app_id,
    ...(isIssuedListed ? { status: 'issued' } : {}),
  }
}
