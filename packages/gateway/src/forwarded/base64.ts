const canonical = /^[A-Za-z0-9+/]*={0,2}$/

/**
 * Base64 (RFC 4648 §4) with its padding and nothing else: no line ends, no other alphabet, no bits that
 * mean nothing. Node passes over whatever it does not know, and would read other bytes than the proxy
 * wrote.
 */
export function fromBase64(text: string): Buffer | undefined {
  if (text.length === 0 || text.length % 4 !== 0 || !canonical.test(text)) return undefined
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : undefined
}
