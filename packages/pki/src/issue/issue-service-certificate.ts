import { isIP, SocketAddress } from 'node:net'
import { extensions, type Issuer, serverBackdateMs } from './build-certificate.ts'
import type { Certificate } from '../certificate.ts'
import type { KeyUsage } from '../certificate-extensions.ts'
import { derContextPrimitive } from '../der/der-writer.ts'
import { issueEndEntity, validForDays } from './issue-end-entity.ts'
import { oids } from '../oids.ts'
import type { PublishedAddresses } from '../revocation/distribution-point.ts'
import { formatGatewayUri } from '../spiffe-id.ts'
import { readSubjectPublicKey } from '../subject-public-key.ts'

/** A TLS server's certificate under the service root, for DNS names (also `*.` ones) and addresses. */
export function issueServerCertificate(options: {
  issuer: Issuer
  /** DER SubjectPublicKeyInfo. */
  spki: Buffer
  names: readonly string[]
  now: number
  days: number
  /** Where its status is published; undefined where nobody publishes it. */
  published?: PublishedAddresses | undefined
}): Promise<Certificate> {
  const { issuer, spki, names, now, days, published } = options
  if (names.length === 0) throw new TypeError('a server has at least one name')
  return issueEndEntity({
    issuer,
    spki,
    keyUsages: serverKeyUsages(spki),
    extendedKeyUsage: oids.serverAuth,
    ...validForDays(now, days),
    notBefore: now - serverBackdateMs,
    names: [extensions.names(names.map(generalName), true)],
    extensions:
      published === undefined
        ? []
        : [extensions.certificateLists(published), extensions.authorityInformation(published)],
  })
}

/** What a gateway shows its authority: a client's certificate under the service root. */
export function issueGatewayCertificate(options: {
  issuer: Issuer
  /** DER SubjectPublicKeyInfo. */
  spki: Buffer
  trustDomain: string
  name: string
  now: number
  days: number
}): Promise<Certificate> {
  const { issuer, spki, trustDomain, name, now, days } = options
  return issueEndEntity({
    issuer,
    spki,
    keyUsages: ['digitalSignature'],
    extendedKeyUsage: oids.clientAuth,
    ...validForDays(now, days),
    names: [extensions.uri(formatGatewayUri({ trustDomain, name }), true)],
  })
}

/** TLS 1.2 without forward secrecy is off everywhere, yet some clients look for the bit under RSA. */
function serverKeyUsages(spki: Buffer): KeyUsage[] {
  const isRsa = readSubjectPublicKey(spki).kind?.startsWith('rsa') === true
  return isRsa ? ['digitalSignature', 'keyEncipherment'] : ['digitalSignature']
}

const dnsNameForm =
  /^(?=.{1,253}$)(?:\*\.)?[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?)*$/i

/** Whether a server's certificate can name it: a DNS name (also a `*.` one), or an address. */
export function isServerName(name: string): boolean {
  return isAddress(name) || dnsNameForm.test(name)
}

/** node:net takes an address with a zone for one; a certificate cannot hold it. */
function isAddress(name: string): boolean {
  return isIP(name) !== 0 && !name.includes('%')
}

function generalName(name: string): Buffer {
  if (isAddress(name)) return derContextPrimitive(7, addressBytes(name))
  if (!dnsNameForm.test(name)) throw new TypeError(`neither a DNS name nor an address: ${name}`)
  return derContextPrimitive(2, Buffer.from(name, 'latin1'))
}

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number))
  // The shortest form of the address, so that an embedded IPv4 address is gone.
  const { address: canonical } = new SocketAddress({ address, family: 'ipv6' })
  const [head = '', tail = ''] = mixedToGroups(canonical).split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === '' ? [] : tail.split(':')
  const zeros = Array<string>(8 - left.length - right.length).fill('0')
  return Buffer.from(
    [...left, ...zeros, ...right].map((group) => group.padStart(4, '0')).join(''),
    'hex',
  )
}

/** `::ffff:192.0.2.1` as `::ffff:c000:201`. */
function mixedToGroups(address: string): string {
  return address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) => {
    const group = (high: string, low: string) => (Number(high) * 256 + Number(low)).toString(16)
    return `${group(a, b)}:${group(c, d)}`
  })
}
