import { rootCertificates } from 'node:tls'
import { isProblem } from '@sallyport/problem'
import { type Certificate, certificatesFromPem, nameAttributes, oids } from '@sallyport/pki'

let known: readonly Certificate[] | undefined

/** The roots of Mozilla that this Node came with: about what phones have. Read when first asked for. */
export function knownRoots(): readonly Certificate[] {
  known ??= rootCertificates.flatMap((pem) => {
    try {
      return certificatesFromPem(pem)
    } catch (error) {
      // Roots of version 1, of before 1996, chain nothing that phones still meet.
      if (isProblem(error)) return []
      throw error
    }
  })
  return known
}

/** The common name of a subject, for a person and for the table of cross-signs. */
export function commonNameOf(certificate: Certificate): string | undefined {
  return nameAttributes(certificate.subject).find(({ oid }) => oid === oids.commonName)?.value
}
