import { connect, type DetailedPeerCertificate, type PeerCertificate } from 'node:tls'
import { type Certificate, parseCertificate } from '@sallyport/pki'

/** What a client offers in its handshake: a server may hold a certificate for each kind of key. */
export type Offer = {
  readonly name: string
  /** As OpenSSL lists signature algorithms and cipher suites; undefined: everything. */
  readonly signatures?: string
  readonly ciphers?: string
}

/** The first is what most clients offer; a server that takes none of the others has one certificate. */
export const offers: readonly Offer[] = [
  { name: 'any key' },
  {
    name: 'ECDSA',
    signatures: 'ecdsa_secp256r1_sha256:ecdsa_secp384r1_sha384:ecdsa_secp521r1_sha512',
    ciphers: 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:ECDHE+aECDSA',
  },
  {
    name: 'RSA',
    signatures:
      'rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:rsa_pkcs1_sha256:rsa_pkcs1_sha384:rsa_pkcs1_sha512',
    ciphers: 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:ECDHE+aRSA',
  },
]

export type Address = { readonly host: string; readonly port: number }

/** A server that gave no chain. `refused`: it is there, and took no offer. */
export class DialError extends Error {
  readonly kind: 'unreachable' | 'refused'

  constructor(kind: 'unreachable' | 'refused', message: string, cause: unknown) {
    super(message, { cause })
    this.name = 'DialError'
    this.kind = kind
  }
}

/** Longer chains are cut: no client builds one of more certificates. */
const maxSent = 10

/**
 * The certificates that a server sends for a name, the leaf first, as far as each was issued by the next: what
 * stands in no chain is not told. Nothing of them is verified, and the server sees a client that leaves.
 *
 * @throws DialError
 */
export function dial(
  { host, port }: Address,
  serverName: string,
  offer: Offer,
  timeoutMs: number,
): Promise<Certificate[]> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port,
      servername: serverName,
      // With an empty store OpenSSL adds nothing to what was sent. What it is worth, others judge.
      ca: [],
      rejectUnauthorized: false,
      ALPNProtocols: ['h2', 'http/1.1'],
      ...(offer.signatures === undefined ? {} : { sigalgs: offer.signatures }),
      ...(offer.ciphers === undefined ? {} : { ciphers: offer.ciphers }),
    })
    let isConnected = false
    const fail = (error: Error): void => {
      clearTimeout(timer)
      socket.destroy()
      reject(new DialError(isConnected ? 'refused' : 'unreachable', error.message, error))
    }
    const timer = setTimeout(() => fail(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs)
    socket.on('connect', () => {
      isConnected = true
    })
    socket.on('error', fail)
    socket.on('close', () => fail(new Error('the connection was closed')))
    socket.on('secureConnect', () => {
      clearTimeout(timer)
      try {
        resolve(sentBy(socket.getPeerCertificate(true)))
      } catch (error) {
        fail(error instanceof Error ? error : new Error(String(error)))
      }
      socket.destroy()
    })
  })
}

function sentBy(leaf: DetailedPeerCertificate): Certificate[] {
  const certificates: Certificate[] = []
  const seen = new Set<PeerCertificate>()
  for (let each = leaf; each?.raw !== undefined && !seen.has(each); each = each.issuerCertificate) {
    seen.add(each)
    certificates.push(parseCertificate(each.raw))
    if (certificates.length === maxSent) break
  }
  return certificates
}
