/**
 * Bytes of base64 as people have it: of either alphabet, padded or not. Undefined where it is none, or
 * empty: Buffer.from alone skips what it does not know. What crosses the network is read by `fromBase64url`.
 */
export function decodeAnyBase64(text: string): Buffer | undefined {
  return /^[\w+/-]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : undefined
}
