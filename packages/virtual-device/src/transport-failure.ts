import { TransportError, type TransportFailure } from '@sallyport/sdk'

/** How far a request had come when it failed. */
export type Progress = { isConnected: boolean }

/** Node's errors of certificate verification (X509_V_ERR_* of OpenSSL) and of the TLS layer. */
const tlsCodes =
  /^(ERR_SSL_|ERR_TLS_|EPROTO$|CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH$|INVALID_CA$|INVALID_PURPOSE$|PATH_LENGTH_EXCEEDED$)/

/** What Node's error means to the client: whether the request can have had an effect. */
export function transportError(error: unknown, progress: Progress): TransportError {
  if (error instanceof TransportError) return error
  const message = error instanceof Error ? error.message : String(error)
  return new TransportError(failureOf(error, progress), message, { cause: error })
}

function failureOf(error: unknown, progress: Progress): TransportFailure {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (tlsCodes.test(code)) return 'tls'
  return progress.isConnected ? 'lost' : 'connect'
}
