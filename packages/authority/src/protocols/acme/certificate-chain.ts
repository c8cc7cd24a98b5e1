import { toPem } from '@sallyport/pki'
import { Problem } from '@sallyport/problem'
import type { Authority } from '../../authority.ts'
import type { AcmeOrderRow } from '../../store/tables.ts'
import { findServiceCertificate } from './service-certificates.ts'

/**
 * The certificate of an order and the one of its CA, PEM (RFC 8555 §7.4.2). Of a server that is the root,
 * since clients want two.
 *
 * @throws Problem `not_found`
 */
export async function certificateChain(
  { store, issuers }: Authority,
  { thumbprint }: AcmeOrderRow,
): Promise<string> {
  if (thumbprint === null) throw new Problem('not_found', { detail: 'There is no certificate yet' })
  const server = await findServiceCertificate(store.read, thumbprint)
  if (server !== undefined) return pemOf(server.der, server.issuer_der)
  const device = await store.read
    .selectFrom('certificates')
    .select(['der', 'issuer_id'])
    .where('thumbprint', '=', thumbprint)
    .executeTakeFirst()
  const issuer = device === undefined ? undefined : issuers.byId(device.issuer_id)
  if (device !== undefined && issuer !== undefined) return pemOf(device.der, issuer.certificate.der)
  throw new Problem('not_found', { detail: 'The certificate is kept no more' })
}

const pemOf = (...certificates: readonly Uint8Array[]) =>
  certificates.map((der) => toPem('CERTIFICATE', der)).join('')
