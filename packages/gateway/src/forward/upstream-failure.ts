import type { ReasonCode } from '@sallyport/problem'

/** How an attempt to have a request answered failed. */
export type UpstreamFailure = {
  code: ReasonCode
  /** The error type of Proxy-Status (RFC 9209 §2.3). */
  proxyError: string
  /** For the operator: what happened, and to which target. */
  detail: string
  expected?: string | undefined
  found?: string | undefined
  /**
   * What is known of the request: `never-sent`, no byte of it left or the service said that it did not look at
   * it; `unseen`, it was written to a reused connection that the service was closing; `possibly-seen`.
   */
  reach: 'never-sent' | 'unseen' | 'possibly-seen'
}

type Kind = Pick<UpstreamFailure, 'code' | 'proxyError'>

const kinds = {
  refused: { code: 'upstream_unreachable', proxyError: 'connection_refused' },
  unresolved: { code: 'upstream_unreachable', proxyError: 'dns_error' },
  unroutable: { code: 'upstream_unreachable', proxyError: 'destination_ip_unroutable' },
  unreachable: { code: 'upstream_unreachable', proxyError: 'destination_unavailable' },
  connectTimeout: { code: 'upstream_timeout', proxyError: 'connection_timeout' },
  untrusted: { code: 'upstream_untrusted', proxyError: 'tls_certificate_error' },
  tls: { code: 'upstream_unreachable', proxyError: 'tls_protocol_error' },
  lost: { code: 'upstream_connection_lost', proxyError: 'connection_terminated' },
  incomplete: { code: 'upstream_connection_lost', proxyError: 'http_response_incomplete' },
  invalid: { code: 'upstream_response_invalid', proxyError: 'http_protocol_error' },
  headersTimeout: { code: 'upstream_timeout', proxyError: 'http_response_timeout' },
  requestTimeout: { code: 'request_timeout', proxyError: 'http_request_error' },
  busy: { code: 'upstream_busy', proxyError: 'connection_limit_reached' },
  unavailable: { code: 'upstream_unavailable', proxyError: 'destination_unavailable' },
  upgradeFailed: { code: 'upstream_response_invalid', proxyError: 'http_upgrade_failed' },
} as const satisfies Record<string, Kind>

export type FailureKind = keyof typeof kinds

export function upstreamFailure(
  kind: FailureKind,
  reach: UpstreamFailure['reach'],
  detail: string,
  more: { expected?: string | undefined; found?: string | undefined } = {},
): UpstreamFailure {
  return { ...kinds[kind], reach, detail, ...more }
}

const connectKinds: Record<string, FailureKind> = {
  ECONNREFUSED: 'refused',
  ENOTFOUND: 'unresolved',
  EAI_AGAIN: 'unresolved',
  EHOSTUNREACH: 'unroutable',
  ENETUNREACH: 'unroutable',
  ETIMEDOUT: 'connectTimeout',
}

/** Which failure a connection that was never established is. */
export function connectFailure(error: NodeJS.ErrnoException, target: string): UpstreamFailure {
  const code = error.code ?? ''
  const kind = connectKinds[code] ?? tlsKind(code)
  return upstreamFailure(kind, 'never-sent', `Connecting to ${target} failed.`, {
    expected: kind === 'untrusted' ? 'a certificate under caFile, for serverName' : undefined,
    found: `${code} ${error.message}`.trim(),
  })
}

// The codes of OpenSSL's certificate verification, as node names them.
const certificateCodes =
  /^(?:ERR_TLS_CERT|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH|HOSTNAME_MISMATCH|ERROR_IN_CERT)/

function tlsKind(code: string): FailureKind {
  if (certificateCodes.test(code)) return 'untrusted'
  return code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS') ? 'tls' : 'unreachable'
}
