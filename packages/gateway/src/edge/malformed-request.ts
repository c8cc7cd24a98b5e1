import { problemBody, problemContentType, type ReasonCode, reasonOf } from '@sallyport/problem'
import { http } from '../runtime/node-http.ts'

/** Why a request that the parser gave up is refused; undefined where the connection just broke. */
export function clientErrorReason(error: NodeJS.ErrnoException): BrokenReason | undefined {
  const code = error.code ?? ''
  if (Object.hasOwn(reasonsByError, code)) return reasonsByError[code]
  return code.startsWith('HPE_') ? 'request_malformed' : undefined
}

export type BrokenReason = 'request_malformed' | 'request_header_too_large' | 'request_timeout'

const reasonsByError: Readonly<Record<string, BrokenReason | undefined>> = {
  HPE_HEADER_OVERFLOW: 'request_header_too_large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'request_malformed',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
  // The client closed in the middle of a request.
  HPE_INVALID_EOF_STATE: undefined,
}

/** A whole answer as bytes of HTTP/1.1, for a request that never became one. The connection ends with it. */
export function rawRefusal(code: ReasonCode, requestId: string): string {
  const { status } = reasonOf(code)
  const body = JSON.stringify(problemBody(code, { requestId }))
  return (
    `HTTP/1.1 ${status} ${http.STATUS_CODES[status] ?? 'Refused'}\r\n` +
    `Content-Type: ${problemContentType}\r\nCache-Control: no-store\r\nX-Request-Id: ${requestId}\r\n` +
    `Proxy-Status: sallyport; error=http_request_error; details="${code}"\r\n` +
    `Connection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  )
}
