import type { Finding } from '../finding.ts'

/** A certificate that a finding is about. */
export type EmbeddedCertificate = {
  /** SHA-256 of the DER, base64url (RFC 8705 §3.1). */
  readonly thumbprint: string
  /** Hex, lower case, without leading zeros. */
  readonly serial: string
  /** Hex. */
  readonly spkiSha256: string
  readonly subject: string
  readonly issuer: string
  /** ISO 8601. */
  readonly notAfter: string
  /** Whether its key is in the package too: then it is to be revoked. */
  readonly hasKey: boolean
}

/** The certificates of findings, each once, for asking an authority whether one is of its own. */
export function embeddedCertificates(findings: readonly Finding[]): EmbeddedCertificate[] {
  const found = new Map<string, EmbeddedCertificate>()
  for (const { rule, facts } of findings) {
    const text = (name: string) => String(facts?.[name] ?? '')
    const thumbprint = text('thumbprint')
    if (thumbprint === '') continue
    const hasKey = rule === 'client-identity' || rule === 'private-key'
    if (found.get(thumbprint)?.hasKey === true) continue
    found.set(thumbprint, {
      thumbprint,
      serial: text('serial'),
      spkiSha256: text('spkiSha256'),
      subject: text('subject'),
      issuer: text('issuer'),
      notAfter: text('notAfter'),
      hasKey,
    })
  }
  return [...found.values()]
}
