import { createHash, generateKeyPairSync, sign, verify } from 'node:crypto'
import { type Certificate, isSignedBy, parseCertificate } from '@sallyport/pki'

/** CPU time, in user and kernel, that a piece of work of this process takes, microseconds a time. */
export function cpuOf(work: () => unknown, times: number): number {
  for (let warm = 0; warm < 50; warm++) work()
  const before = process.cpuUsage()
  for (let run = 0; run < times; run++) work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / times
}

const key = generateKeyPairSync('ec', { namedCurve: 'P-256' })
/** As long as what is signed of a certificate. */
const message = Buffer.alloc(700, 7)
const signature = sign('sha256', message, key.privateKey)

export const signOnce = (): Buffer => sign('sha256', message, key.privateKey)
export const verifyOnce = (): boolean => verify('sha256', message, key.publicKey, signature)

/** The signatures of a chain, each by the key of the one that follows; the last one's by itself. */
export function verifyChain(chain: readonly Uint8Array[]): () => boolean {
  const certificates = chain.map((der) => parseCertificate(der))
  // Made once: verifying is measured, not parsing keys.
  const links = certificates.map((certificate, at) => {
    const issuer: Certificate = certificates[at + 1] ?? certificate
    return { certificate, publicKey: issuer.publicKey }
  })
  return () =>
    links.every(({ certificate: { signatureAlgorithm, tbs, signature: of }, publicKey }) =>
      isSignedBy(publicKey, signatureAlgorithm, tbs, of),
    )
}

/** A hash over so many bytes, and a signature. */
export function signLong(bytes: number): () => Buffer {
  const long = Buffer.alloc(bytes, 7)
  return () => {
    createHash('sha256').update(long).digest()
    return sign('sha256', message, key.privateKey)
  }
}
