import { connect as connectSocket } from 'node:net'
import { connect, type DetailedPeerCertificate, type PeerCertificate } from 'node:tls'
import { type Certificate, isIssuedBy, parseCertificate } from '@sallyport/pki'
import { isProblem } from '@sallyport/problem'
import { tapHandshake } from './handshake-tap.ts'

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

/** A server that gave no chain. `refused`: it is there, and did not take the offer. `silent`: it is not, or says too little. */
export class DialError extends Error {
  readonly kind: 'silent' | 'refused'

  constructor(kind: 'silent' | 'refused', message: string, cause: unknown) {
    super(message, { cause })
    this.name = 'DialError'
    this.kind = kind
  }
}

/** Longer chains are cut: no client builds one of more certificates. */
const maxSent = 10

/**
 * The certificates that a server sends for a name, the leaf first, as far as each was issued by the next: what
 * stands in no chain is not told. Nothing of them is verified, and the server sees a client that leaves. A server that
 * demands a client certificate is sent none; what it showed before counts.
 *
 * @param timeoutMs for all of it, from the connection to the last certificate
 * @throws DialError
 */
export function dial(
  { host, port }: Address,
  serverName: string,
  offer: Offer,
  timeoutMs: number,
): Promise<Certificate[]> {
  return new Promise((resolve, reject) => {
    const socket = connectSocket({ host, port })
    const tap = tapHandshake(socket)
    const tls = connect({
      socket: tap.stream,
      servername: serverName,
      // With an empty store OpenSSL adds nothing to what was sent. What it is worth, others judge.
      ca: [],
      rejectUnauthorized: false,
      ALPNProtocols: ['h2', 'http/1.1'],
      ...(offer.signatures === undefined ? {} : { sigalgs: offer.signatures }),
      ...(offer.ciphers === undefined ? {} : { ciphers: offer.ciphers }),
    })
    let isOver = false
    const end = (settle: () => void): void => {
      if (isOver) return
      isOver = true
      clearTimeout(timer)
      tls.destroy()
      socket.destroy()
      settle()
    }
    const tell = (read: () => Certificate[]): void => {
      try {
        const certificates = read()
        end(() => resolve(certificates))
      } catch (error) {
        end(() => reject(new DialError('refused', messageOf(error), error)))
      }
    }
    const fail = (kind: DialError['kind'], error: Error): void => {
      const shown = tap.certificates()
      if (shown !== undefined && shown.length > 0) tell(() => inOrder(shown))
      else end(() => reject(new DialError(kind, messageOf(error), error)))
    }
    const timer = setTimeout(
      () => fail('silent', new Error(`no answer in ${timeoutMs} ms`)),
      timeoutMs,
    )
    let isConnected = false
    socket.on('connect', () => {
      isConnected = true
    })
    tls.on('error', (error) => fail(isConnected ? 'refused' : 'silent', error))
    tls.on('close', () => fail('refused', new Error('the connection was closed')))
    tls.on('secureConnect', () => tell(() => sentBy(tls.getPeerCertificate(true))))
  })
}

/** OpenSSL's own reason, where it has one: its messages begin with an address in memory. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'reason' in error ? String(error.reason) : error.message
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

/** As OpenSSL orders what it was sent: the first is the leaf, and above each stands who issued it. */
function inOrder(ders: readonly Buffer[]): Certificate[] {
  const [first, ...others] = ders
  const leaf = first === undefined ? undefined : parseCertificate(first)
  const certificates = leaf === undefined ? [] : [leaf]
  const rest = others.flatMap(readable)
  for (let last = leaf; last !== undefined && certificates.length < maxSent; ) {
    const below: Certificate = last
    last = rest.find((each) => !certificates.includes(each) && isIssuedBy(below, each))
    if (last !== undefined) certificates.push(last)
  }
  return certificates
}

/** What cannot be read issued nothing. */
function readable(der: Buffer): Certificate[] {
  try {
    return [parseCertificate(der)]
  } catch (error) {
    if (isProblem(error)) return []
    throw error
  }
}
