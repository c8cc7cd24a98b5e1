const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')

/**
 * What is spoken on a connection without TLS: HTTP/2 begins with its preface (RFC 9113 §3.4), which is
 * no request of HTTP/1. Undefined while too little has come to tell.
 */
export function plainProtocol(bytes: Buffer): 'h2' | 'http/1.1' | undefined {
  const length = Math.min(bytes.length, preface.length)
  if (!bytes.subarray(0, length).equals(preface.subarray(0, length))) return 'http/1.1'
  return length === preface.length ? 'h2' : undefined
}
