import { createHash } from 'node:crypto'
import type { ConnectionOptions } from 'node:tls'
import { toPem } from '@sallyport/pki'
import type { TransportRequest } from '@sallyport/sdk'
import { privateKeyOf } from './software-key-store.ts'

export type TlsIdentity = Pick<ConnectionOptions, 'key' | 'cert' | 'ca'>

/** What TLS connects with: the certificate chain and its key, and whom to believe. */
export function tlsIdentity({ identity, trust }: TransportRequest): TlsIdentity {
  const ca = trust === 'system' ? {} : { ca: trust.caCertificates }
  if (identity === undefined) return ca
  const key = privateKeyOf(identity.key).export({ format: 'pem', type: 'pkcs8' })
  const cert = identity.certificates.map((der) => toPem('CERTIFICATE', der)).join('')
  return { ...ca, key, cert }
}

/** Names what a connection was made with: another name, another connection. */
export function connectionName({ identity, trust }: TransportRequest): string {
  const hash = createHash('sha256').update(trust === 'system' ? 'system' : trust.caCertificates)
  for (const certificate of identity?.certificates ?? []) hash.update('\0').update(certificate)
  return hash.digest('base64url')
}
