import { X509Certificate } from 'node:crypto'
import { type Certificate, nameAttributes, nameText } from '@sallyport/pki'

/** Whose certificate it is, for people: its subject, or the names that it is for, where it has no subject. */
export function titleOf({ der, subject }: Certificate): string {
  if (nameAttributes(subject).length > 0) return nameText(subject)
  const names = new X509Certificate(der).subjectAltName ?? 'no name'
  return names.replace(/[^\x20-\x7e]/g, '?').slice(0, 120)
}
