import { fromBase64 } from './base64.ts'
import { chainOf, type ForwardedChain, maxFieldCharacters, unreadable } from './forwarded-chain.ts'

const begin = '-----BEGIN CERTIFICATE-----'
const end = '-----END CERTIFICATE-----'
const escape = /%[0-9A-Fa-f]{2}/

/**
 * Certificates in PEM, URL-encoded: `$ssl_client_escaped_cert` of nginx, `X-Amzn-Mtls-Clientcert` of AWS,
 * `Cert` of Envoy. A plus is a plus: AWS leaves the characters of base64 as they are. Outside of the
 * blocks there may be white space alone (RFC 7468 §2 allows words there; no proxy writes any).
 */
export function readEscapedPem(text: string): ForwardedChain {
  if (text.length > maxFieldCharacters) return unreadable(`${text.length} characters`)
  const pem = percentDecoded(text)
  if (pem === undefined) return unreadable('an escape that is none')
  const bodies: string[] = []
  let rest = pem.trimStart()
  while (rest !== '') {
    if (!rest.startsWith(begin)) return unreadable('no certificate in PEM')
    const at = rest.indexOf(end, begin.length)
    if (at < 0) return unreadable('a certificate in PEM without its end')
    bodies.push(rest.slice(begin.length, at).replace(/[\r\n\t ]/g, ''))
    rest = rest.slice(at + end.length).trimStart()
  }
  return chainOf(bodies, fromBase64)
}

/** Of ASCII text alone, which is what PEM is. Each escape is decoded once. */
export function percentDecoded(text: string): string | undefined {
  if (!text.includes('%')) return text
  let decoded = ''
  let from = 0
  for (let at = text.indexOf('%'); at >= 0; at = text.indexOf('%', from)) {
    const hex = text.slice(at, at + 3)
    if (!escape.test(hex)) return undefined
    decoded += text.slice(from, at) + String.fromCharCode(Number.parseInt(hex.slice(1), 16))
    from = at + 3
  }
  return decoded + text.slice(from)
}
