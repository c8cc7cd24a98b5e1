import type { ReasonCode } from '@sallyport/problem'
import { isProxyHeader } from './proxy-header.ts'

type Row = { readonly pattern: RegExp; readonly code: ReasonCode }

/**
 * What OpenSSL's words for a failed handshake mean, first match first. The words are those of
 * `ERR_SSL_…` codes of node, which are OpenSSL's reason strings in capitals.
 */
const rows: readonly Row[] = [
  { pattern: /PEER_DID_NOT_RETURN_A_CERTIFICATE/, code: 'device_certificate_required' },
  {
    pattern:
      /NO_SHARED_CIPHER|UNSUPPORTED_PROTOCOL|WRONG_VERSION_NUMBER|VERSION_TOO_LOW|NO_SUITABLE|NO_SHARED_|NO_APPLICATION_PROTOCOL|ALERT_PROTOCOL_VERSION|ALERT_NO_APPLICATION_PROTOCOL/,
    code: 'handshake_protocol_unsupported',
  },
  {
    pattern:
      /ALERT_(?:BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_REVOKED|CERTIFICATE_EXPIRED|CERTIFICATE_UNKNOWN|UNKNOWN_CA)/,
    code: 'handshake_server_certificate_refused',
  },
]

/** The reason of a handshake that TLS gave up. */
export function handshakeReason(error: NodeJS.ErrnoException): ReasonCode {
  const said = `${error.code ?? ''} ${error.message.toUpperCase().replaceAll(' ', '_')}`
  return rows.find((row) => row.pattern.test(said))?.code ?? 'handshake_failed'
}

/** What TLS said, for the operator: short, and without addresses in memory. */
export function handshakeWords(error: NodeJS.ErrnoException): string {
  const reason = 'reason' in error && typeof error.reason === 'string' ? error.reason : undefined
  const words = reason ?? error.message.split('\n', 1)[0] ?? ''
  return (error.code === undefined ? words : `${error.code}: ${words}`).slice(0, 300)
}

/** What was found in place of a ClientHello. */
export function helloWords(bytes: Buffer, found: string): string {
  return isProxyHeader(bytes)
    ? 'a PROXY protocol header, which none is expected here (again)'
    : found
}
