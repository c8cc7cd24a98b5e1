import { constants, createHash, hkdfSync } from 'node:crypto'
import { createSecureContext, type SecureContext } from 'node:tls'
import { Problem } from '@sallyport/problem'
import type { KeyPairPem } from '../certificates/credentials.ts'
import type { HostPlan, Plan } from '../configuration/plan.ts'

/** TLS 1.2: forward secrecy and authenticated encryption, nothing else. */
const ciphers = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':')

const ticketKeyBytes = 48

export type TlsContextOptions = {
  readonly minVersion: Plan['minVersion']
  readonly trustFingerprint: string
  /** Shared by all workers, and replaced when trust is withdrawn. */
  readonly ticketSecret: Uint8Array
}

/**
 * The TLS context of a host, under one trust.
 *
 * No CA is given to it: TLS finds out that the client holds the key of the certificate it presents, and
 * the device stage all the rest. Sessions are bound to host, mode and trust, by their context
 * (RFC 8446 §4.6.1 leaves that to us) and by ticket keys of their own: a ticket from anywhere else is
 * a full handshake.
 *
 * @throws Problem `config_invalid` where certificate and key cannot be used
 */
export function hostSecureContext(
  host: HostPlan,
  pair: KeyPairPem,
  { minVersion, trustFingerprint, ticketSecret }: TlsContextOptions,
): SecureContext {
  const scope = `${host.name}\0${host.clientCertificate}\0${trustFingerprint}`
  const ticketKeys = hkdfSync(
    'sha256',
    ticketSecret,
    '',
    `sallyport-tickets-v1\0${scope}`,
    ticketKeyBytes,
  )
  try {
    return createSecureContext({
      cert: pair.certificate,
      key: pair.key,
      ca: [],
      ciphers,
      minVersion: minVersion === '1.2' ? 'TLSv1.2' : 'TLSv1.3',
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
      sessionIdContext: createHash('sha256').update(scope).digest('base64url').slice(0, 32),
      ticketKeys: Buffer.from(ticketKeys),
    })
  } catch (cause) {
    throw new Problem('config_invalid', {
      detail: `certificate and key of the host ${host.name} cannot be used`,
      found: cause instanceof Error ? cause.message : String(cause),
      cause,
    })
  }
}
