import { certificatesFromPem } from '@sallyport/pki'

/** When the CA suggests to renew a certificate (RFC 9773 §4.2). Milliseconds. */
export type RenewalInfo = {
  readonly start: number
  readonly end: number
  /** When to ask again. */
  readonly nextLookAt: number
}

const usualLookMs = 6 * 3_600_000
const soonestLookMs = 60_000
const latestLookMs = 24 * 3_600_000

/**
 * What a CA calls a certificate (RFC 9773 §4.1): its authority's key and its serial number. Undefined where
 * the certificate does not name the key.
 */
export function renewalInfoId(pem: string): string | undefined {
  const [leaf] = certificatesFromPem(pem)
  if (leaf?.authorityKeyId === undefined) return undefined
  const { serial } = leaf
  const bytes = Buffer.from(serial.length % 2 === 0 ? serial : `0${serial}`, 'hex')
  // As in DER: an INTEGER whose first bit is set would be negative.
  const integer = (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes
  const authority = Buffer.from(leaf.authorityKeyId, 'hex').toString('base64url')
  return `${authority}.${integer.toString('base64url')}`
}

/** Undefined where the answer makes no sense: the usual time holds then. */
export function readRenewalInfo(
  answer: unknown,
  retryAfter: string | undefined,
  now: number,
): RenewalInfo | undefined {
  if (typeof answer !== 'object' || answer === null || !('suggestedWindow' in answer)) {
    return undefined
  }
  const { suggestedWindow: window } = answer
  if (typeof window !== 'object' || window === null) return undefined
  if (!('start' in window) || !('end' in window)) return undefined
  const [start, end] = [Date.parse(String(window.start)), Date.parse(String(window.end))]
  if (!(start < end)) return undefined
  const wantedMs = Number(retryAfter) * 1_000 || usualLookMs
  const waitMs = Math.min(latestLookMs, Math.max(soonestLookMs, wantedMs))
  return { start, end, nextLookAt: now + waitMs }
}
