import type { CertificateFacts } from './certificate-facts.ts'

/** What a key is good for, by the certificate that belongs to it. */
export type KeyPurpose =
  | 'client'
  | 'server'
  | 'authority'
  | 'code signing'
  | 'debug signing'
  | 'other'

const clientAuth = '1.3.6.1.5.5.7.3.2'
const serverAuth = '1.3.6.1.5.5.7.3.1'
const codeSigning = '1.3.6.1.5.5.7.3.3'
const anyPurpose = '2.5.29.37.0'
/** Apple's own: development and distribution of apps (1.2.840.113635.100.4, 100.6.1). */
const appleSigning = /^1\.2\.840\.113635\.100\.(?:4|6\.1)\./

/**
 * RFC 5280 §4.2.1.12: no extended key usage is any. A certificate that is a CA because `openssl req -x509` makes
 * all of them so, without a key usage, is a client's like any other that signed itself; one that says it signs
 * certificates is a CA.
 */
export function keyPurpose(facts: CertificateFacts): KeyPurpose {
  const { extendedKeyUsage: usages } = facts
  if (isAndroidDebug.test(facts.subject)) return 'debug signing'
  if (facts.isCa && (facts.signsCertificates ?? !facts.isSelfIssued)) return 'authority'
  if (usages === undefined) return 'client'
  if (usages.includes(clientAuth) || usages.includes(anyPurpose)) return 'client'
  if (usages.includes(serverAuth)) return 'server'
  if (usages.some((oid) => oid === codeSigning || appleSigning.test(oid))) return 'code signing'
  return 'other'
}

/** What every Android SDK calls the key that it makes for debug builds. */
const isAndroidDebug = /(?:^|, )CN=Android Debug(?:,|$)/
