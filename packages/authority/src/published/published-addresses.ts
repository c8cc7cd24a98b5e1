import { randomInt } from 'node:crypto'
import type { AppConfig } from '../config/app-config.ts'
import type { AuthorityConfig } from '../config/authority-config.ts'
import type { SignerInput } from '../signer/signer.ts'

/** Which list of a CA: the number of a shard, or all that it issued. */
export type ListName = { readonly issuerId: string; readonly shard: number }

/** In the place of a shard's number: the list of all certificates of a CA. */
export const fullList = -1

/** Paths on the status listener. Issuers by their ids: base64url, with nothing to escape. */
export const publishedPaths = {
  list: ({ issuerId, shard }: ListName) =>
    shard === fullList ? `/crl/${issuerId}.crl` : `/crl/${issuerId}/${shard}.crl`,
  issuer: (issuerId: string) => `/ca/${issuerId}.cer`,
  ocsp: '/ocsp',
  /** Of gateways that are not revoked: a JWS, and the same keys without a signature. */
  assertionKeys: '/gateways/assertion-keys',
  unsignedAssertionKeys: '/gateways/jwks.json',
} as const

/**
 * The shard of a certificate that is about to be issued: any, since it keeps it however many there
 * will be. Null where the app's certificates are not published.
 */
export function shardFor(
  { authority: { status } }: Pick<AuthorityConfig, 'authority'>,
  { certificate }: Pick<AppConfig, 'certificate'>,
): number | null {
  if (certificate.revocation === 'feed' || status === undefined) return null
  return randomInt(status.shards)
}

/** What stands in a certificate that is published on this list. */
export function addressesFor(
  { authority: { status } }: Pick<AuthorityConfig, 'authority'>,
  { issuerId, shard }: { issuerId: string; shard: number | null },
): SignerInput<'deviceCertificate'>['published'] {
  if (shard === null || status === undefined) return undefined
  const name = { issuerId, shard }
  const { url } = status
  return {
    certificateLists: [url + publishedPaths.list(name)],
    ocsp: [url + publishedPaths.ocsp],
    issuerCertificates: [url + publishedPaths.issuer(name.issuerId)],
  }
}
