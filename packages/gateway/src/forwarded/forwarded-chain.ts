import type { ReasonCode } from '@sallyport/problem'

/**
 * What a proxy says of its client's certificate: nothing, a chain, or something that is none. A chain is
 * the leaf first, each certificate in DER. That they are certificates, and of whom, is not checked here:
 * only that each is one whole DER sequence within bounds.
 */
export type ForwardedChain =
  | { readonly state: 'none' }
  | { readonly state: 'read'; readonly chain: readonly Buffer[] }
  | { readonly state: 'refused'; readonly code: ReasonCode; readonly found: string }

/** Longer than any header section that proxies let through. */
export const maxFieldCharacters = 64 * 1024
/** As deep as public chains get, and as many again. */
export const maxCertificates = 8
/** A device's has 1 KiB; one with many names a few. */
export const maxCertificateBytes = 16 * 1024

export const noChain: ForwardedChain = { state: 'none' }

export function unreadable(found: string): ForwardedChain {
  return { state: 'refused', code: 'forwarded_certificate_invalid', found }
}

/** Reads each part by itself: a chain where all can be read, or what is wrong with the first that cannot. */
export function chainOf(
  parts: readonly string[],
  decode: (part: string) => Buffer | undefined,
): ForwardedChain {
  if (parts.length > maxCertificates) return unreadable(`more than ${maxCertificates} certificates`)
  const chain: Buffer[] = []
  for (const [index, part] of parts.entries()) {
    const der = decode(part)
    if (der === undefined) return unreadable(`certificate ${index + 1} cannot be decoded`)
    const fault = derFault(der)
    if (fault !== undefined) return unreadable(`certificate ${index + 1}: ${fault}`)
    chain.push(der)
  }
  return chain.length === 0 ? noChain : { state: 'read', chain }
}

const sequenceTag = 0x30

/** Whether bytes are one DER sequence and nothing else (X.690 §8.1.3): its length must be that of the bytes. */
function derFault(der: Buffer): string | undefined {
  if (der.length > maxCertificateBytes) return `more than ${maxCertificateBytes} bytes`
  if (der.length < 2 || der[0] !== sequenceTag) return 'no DER sequence'
  const first = der[1] as number
  if (first < 0x80) return first + 2 === der.length ? undefined : 'its length is wrong'
  const width = first & 0x7f
  if (width === 0 || width > 3 || der.length < 2 + width) return 'its length is no DER length'
  const length = der.readUIntBE(2, width)
  // DER has one way to write a length: the shortest (X.690 §10.1).
  if (length < 0x80 || (width > 1 && length >> ((width - 1) * 8) === 0)) {
    return 'its length is no DER length'
  }
  return length + 2 + width === der.length ? undefined : 'its length is wrong'
}
