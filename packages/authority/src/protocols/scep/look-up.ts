import { DerError, integerBytesOf, readDer, tags } from '@sallyport/pki'
import { Problem } from '@sallyport/problem'
import type { Authority } from '../../authority.ts'
import type { IssuingCa } from '../../issuers/issuer-set.ts'
import { KeptLists } from '../../published/kept-lists.ts'
import { fullList } from '../../published/published-addresses.ts'
import type { OpenedMessage, ScepApp } from './enroll-by-scep.ts'
import { readOpened } from './read-opened.ts'

/** Larger lists are fetched from where certificates say. */
const maxListBytes = 1024 * 1024

/**
 * GetCert (RFC 8894 §3.3.4): a certificate, to the key that it is of; nobody learns of others.
 *
 * @throws Problem `cms_decryption_failed`, `not_found`
 */
export async function getCertificate(
  { store, issuers }: Authority,
  { appId }: ScepApp,
  { message: { signer }, content }: OpenedMessage,
): Promise<Uint8Array> {
  const { issuer, serial } = readOpened(() => readIssuerAndSerial(content))
  const row = await store.read
    .selectFrom('certificates')
    .selectAll()
    .where('serial', '=', serial)
    .where('app_id', '=', appId)
    .where('spki_sha256', '=', signer.spkiSha256)
    .executeTakeFirst()
  const ca = row === undefined ? undefined : issuers.byId(row.issuer_id)
  if (row !== undefined && ca?.certificate.subject.equals(issuer) === true) return row.der
  throw new Problem('not_found', { detail: 'This key has no certificate of this number' })
}

/**
 * GetCRL (RFC 8894 §3.3.4): the list of the CA that issued a certificate, where it is published.
 *
 * @throws Problem `cms_decryption_failed`, `not_found`
 */
export async function getRevocationList(
  { store, issuers }: Authority,
  { appId }: ScepApp,
  { content }: OpenedMessage,
): Promise<Uint8Array> {
  const { issuer } = readOpened(() => readIssuerAndSerial(content))
  const ca: IssuingCa | undefined = issuers.bundle.issuers
    .map(({ certificate }) => issuers.byId(certificate.spkiSha256))
    .find((one) => one?.appId === appId && one.certificate.subject.equals(issuer))
  const name = ca === undefined ? undefined : { issuerId: ca.id, shard: fullList }
  const list = name === undefined ? undefined : await new KeptLists(store.read).find(name)
  if (list !== undefined && list.der.length <= maxListBytes) return list.der
  throw new Problem('not_found', {
    detail: 'There is no list of this CA, or it is too large to be sent so',
  })
}

/** IssuerAndSerialNumber, whose outer form the signer looked at. */
function readIssuerAndSerial(content: Buffer): { issuer: Buffer; serial: string } {
  try {
    const fields = readDer(content).enter('IssuerAndSerialNumber')
    const issuer = fields.next(tags.sequence, 'issuer').whole
    const number = integerBytesOf(fields.next(tags.integer, 'serialNumber'))
    fields.end('IssuerAndSerialNumber')
    return { issuer, serial: number.toString('hex').replace(/^0+(?=.)/, '') }
  } catch (error) {
    if (!(error instanceof DerError)) throw error
    throw new Problem('cms_malformed', {
      expected: 'IssuerAndSerialNumber (RFC 8894 §3.3.4)',
      found: error.message,
      cause: error,
    })
  }
}
