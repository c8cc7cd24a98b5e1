import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type ConfigFile, resolvePath } from '@sallyport/config'
import { type Issuer, parseCertificate, parseGatewayUri } from '@sallyport/pki'
import { namedMembers } from '../configuration/named-members.ts'
import {
  type CertificateFiles,
  longDays,
  makeGatewayCertificate,
  makeServerCertificate,
} from './certificate-files.ts'

/** What became of one certificate that the configuration names. */
export type Renewal = {
  file: string
  /** `renewed`; `kept`: it is good for long; `foreign`: of another CA; `unreadable`: so nobody knows its names. */
  outcome: 'renewed' | 'kept' | 'foreign' | 'unreadable'
  /** When it ends now, as RFC 3339; null where it is unreadable. */
  notAfter: string | null
}

/**
 * Makes anew, with new keys and the names they had, the certificates of servers and gateways that the
 * configuration names, that this root issued, and that end soon.
 *
 * @param withinMs what ends later than this from now is kept
 */
export async function renewCertificates(
  file: ConfigFile<Record<string, unknown>>,
  root: Issuer,
  { withinMs, now }: { withinMs: number; now: number },
): Promise<Renewal[]> {
  const renewals: Renewal[] = []
  for (const files of certificatePairs(file)) {
    const outcome = await renew(files, root, { withinMs, now })
    const notAfter = read(files.certificateFile)?.validToDate.toISOString() ?? null
    renewals.push({ file: files.certificateFile, outcome, notAfter })
  }
  return renewals
}

async function renew(
  files: CertificateFiles,
  root: Issuer,
  { withinMs, now }: { withinMs: number; now: number },
): Promise<Renewal['outcome']> {
  const certificate = read(files.certificateFile)
  if (certificate === undefined) return 'unreadable'
  if (!certificate.verify(root.certificate.publicKey)) return 'foreign'
  if (certificate.validToDate.getTime() - now > withinMs) return 'kept'
  const gateway = gatewayOf(certificate)
  if (gateway !== undefined) await makeGatewayCertificate(files, gateway, root, now, longDays)
  else await makeServerCertificate(files, serverNames(certificate), root, now, longDays)
  return 'renewed'
}

/** Each pair of certificate and key once, however often it is named. */
function certificatePairs(file: ConfigFile<Record<string, unknown>>): CertificateFiles[] {
  const pairs = new Map<string, CertificateFiles>()
  for (const { name, value, siblings } of namedMembers(file.value)) {
    const keyFile = siblings['keyFile']
    if (name !== 'certificateFile' || typeof keyFile !== 'string') continue
    const certificateFile = resolvePath(file.directory, value)
    pairs.set(certificateFile, {
      certificateFile,
      keyFile: resolvePath(file.directory, keyFile),
    })
  }
  return [...pairs.values()]
}

/** The gateway that a certificate names, and undefined where it is a server's. */
function gatewayOf(certificate: X509Certificate) {
  const [uri] = parseCertificate(certificate.raw).uris
  return uri === undefined ? undefined : parseGatewayUri(uri)
}

/** `DNS:localhost, IP Address:127.0.0.1`: only ever of a certificate that this root signed. */
function serverNames(certificate: X509Certificate): string[] {
  return (certificate.subjectAltName ?? '')
    .split(', ')
    .map((entry) => entry.replace(/^(?:DNS|IP Address):/, ''))
    .filter((name) => name !== '')
}

function read(file: string): X509Certificate | undefined {
  try {
    return new X509Certificate(readFileSync(file))
  } catch {
    return undefined
  }
}
