import { createHash } from 'node:crypto'
import type { Certificate } from '@sallyport/pki'
import { toBase64url } from '@sallyport/wire'
import type { SignedKind } from './journal/journal-record.ts'
import type { Journal } from './journal/signing-journal.ts'

/**
 * What was signed, as it is answered: base64url of DER. It is in the journal before.
 *
 * @param ca the name of the key that signed
 * @throws Problem of the journal: then it is handed to nobody
 */
export async function handOutCertificate(
  { journal }: { readonly journal: Journal },
  kind: Exclude<SignedKind, 'list'>,
  ca: string,
  { der, serial, thumbprint, notAfter }: Certificate,
): Promise<string> {
  await journal.append({ kind, ca, serial, sha256: thumbprint, until: notAfter })
  return toBase64url(der)
}

/** The same of a list of revoked certificates. */
export async function handOutList(
  { journal }: { readonly journal: Journal },
  ca: string,
  { number, nextUpdate }: { readonly number: number; readonly nextUpdate: number },
  der: Buffer,
): Promise<string> {
  const sha256 = createHash('sha256').update(der).digest('base64url')
  await journal.append({ kind: 'list', ca, serial: String(number), sha256, until: nextUpdate })
  return der.toString('base64url')
}
