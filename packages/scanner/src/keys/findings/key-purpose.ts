import type { Place } from '../key-material.ts'
import { type CertificateFacts, issuerKind } from './certificate-facts.ts'

/** What a key is good for, by a certificate of it. */
export type KeyPurpose =
  | 'client'
  | 'client that signed itself'
  | 'authority'
  | 'code signing'
  | 'server'
  | 'other'
  | 'debug signing'

const clientAuth = '1.3.6.1.5.5.7.3.2'
const serverAuth = '1.3.6.1.5.5.7.3.1'
const codeSigning = '1.3.6.1.5.5.7.3.3'
const anyPurpose = '2.5.29.37.0'
/** Apple's own: development and distribution of apps. */
const appleSigning = /^1\.2\.840\.113635\.100\.(?:4|6\.1)\./

/**
 * RFC 5280 §4.2.1.12: without extended key usage, any purpose is allowed. That is what most certificates say that
 * were made by hand, so the rest of them decides:
 * - a CA is one that may sign certificates, or has; `openssl req -x509` calls everything one, which alone is no sign;
 * - one that signed itself and bears the name of a host is of a server, often of one on the device, unless it was
 *   put into a keystore, and is of a client where the names of its files or its alias say so;
 * - one in a keystore is of a server where code gives keys to sockets that listen, and nowhere else;
 * - public CAs give servers clientAuth too (until 2026), so that a name of a host makes it a server's.
 */
export function keyPurpose(facts: CertificateFacts, context: KeyContext): KeyPurpose {
  const { extendedKeyUsage: usages, isSelfIssued } = facts
  const { hasIssued, places } = context
  if (isAndroidDebug.test(facts.subject)) return 'debug signing'
  if (facts.isCa && (hasIssued || (facts.signsCertificates ?? !isSelfIssued))) return 'authority'
  const isAny = usages === undefined || usages.includes(anyPurpose)
  if (isAny && context.servesOnly && mayServe(places)) return 'server'
  if (isAny && isSelfIssued)
    return isServers(facts, places) ? 'server' : 'client that signed itself'
  if (isAny) return 'client'
  if (usages.includes(clientAuth)) {
    const isServer = usages.includes(serverAuth) && bearsHost(facts)
    return isServer && issuerKind(facts) === 'a public CA' ? 'server' : 'client'
  }
  if (usages.includes(serverAuth)) return 'server'
  if (usages.some((oid) => oid === codeSigning || appleSigning.test(oid))) return 'code signing'
  return 'other'
}

/** What every Android SDK calls the key that it makes for debug builds. */
const isAndroidDebug = /(?:^|, )CN=Android Debug(?:,|$)/

const hostName = /(?:^|, )CN=(?:localhost|\d+\.\d+\.\d+\.\d+|(?:\*\.)?[\w-]+(?:\.[\w-]+)+)(?:,|$)/

/** Where a key lies, and what else is in the package. */
export type KeyContext = {
  readonly places: readonly Place[]
  /** Whether another certificate of the package is by this one. */
  readonly hasIssued: boolean
  /** Whether code gives keys to servers on the device, and to nothing else. */
  readonly servesOnly: boolean
}

const keystores: ReadonlySet<Place['name']> = new Set(['PKCS#12', 'JKS', 'JCEKS', 'BKS'])
const localHost = /(?:^|, )CN=(?:localhost|127\.0\.0\.1)(?:,|$)/

function namesOf(places: readonly Place[]): string {
  return places.map(({ path, alias }) => `${path.split('/').at(-1)} ${alias ?? ''}`).join(' ')
}

const clients = /client|device|user/i

/** What Java opens, and nobody calls a client's. */
function mayServe(places: readonly Place[]): boolean {
  return places.every(({ name }) => keystores.has(name)) && !clients.test(namesOf(places))
}

function isServers(facts: CertificateFacts, places: readonly Place[]): boolean {
  const names = namesOf(places)
  if (clients.test(names)) return false
  if (/server/i.test(names) || localHost.test(facts.subject)) return true
  return bearsHost(facts) && !places.some(({ name }) => keystores.has(name))
}

function bearsHost({ x509, subject }: CertificateFacts): boolean {
  return /(?:DNS|IP Address):/.test(x509.subjectAltName ?? '') || hostName.test(subject)
}
