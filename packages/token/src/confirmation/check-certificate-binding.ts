import { timingSafeEqual } from 'node:crypto'
import type { BindingFault } from './binding-fault.ts'

/** The client certificate of a caller, verified and believed. */
export type BoundCertificate = {
  /** SHA-256 of the DER, base64url. */
  readonly thumbprint: string
  /**
   * Thumbprints of the certificates of the same device before it, as its issuer wrote them into it. Empty
   * unless that issuer's word on them counts.
   */
  readonly predecessors: readonly string[]
  /** Milliseconds. */
  readonly notBefore: number
}

export type CertificateBindingOptions = {
  /** `lineage`: a token that is bound to a predecessor passes as well, on conditions. */
  readonly mode: 'strict' | 'lineage'
  /** When the token was issued, milliseconds. NaN where nobody tells: then it passes for no predecessor. */
  readonly issuedAt: number
  /** How long after the certificate began its predecessors may still have been given tokens. */
  readonly overlapMs: number
  /** Whether a certificate was revoked. One that was superseded was not. */
  readonly isRevoked: (thumbprint: string) => boolean
}

/** Farther back than this no certificate was in force a life of a token ago. */
const maxGenerationsBack = 4

/**
 * Whether a token that is bound to a certificate (`cnf.x5t#S256`, RFC 8705 §3.1) may be used by who
 * presents this one.
 *
 * RFC 8705 §6.3 has a renewed certificate end all tokens of the one before. Under `lineage` it does not:
 * the token passes where the presented certificate itself names the other as its predecessor, which only
 * its issuer can make it do, that one was not revoked, and the token was issued while it could still be in
 * use. Who copied an old certificate gains nothing: it names no successor, and its own status ended with
 * the renewal.
 *
 * Not checked: the presented certificate, its dates and its status, and those of its device.
 *
 * @param bound 43 characters of base64url
 * @returns undefined where it holds
 */
export function checkCertificateBinding(
  bound: string,
  presented: BoundCertificate | undefined,
  options: CertificateBindingOptions,
): BindingFault | undefined {
  if (presented === undefined) {
    return {
      code: 'token_certificate_missing',
      check: 'certificate',
      expected: `a client certificate of thumbprint ${bound}`,
      found: 'none that is believed',
    }
  }
  if (isSame(bound, presented.thumbprint)) return undefined
  const predecessors = presented.predecessors.slice(0, maxGenerationsBack)
  if (!predecessors.some((predecessor) => isSame(bound, predecessor))) {
    return {
      code: 'token_bound_elsewhere',
      check: 'certificate-binding',
      expected: `the certificate ${bound}`,
      found: `${presented.thumbprint}, which names ${predecessors.length} predecessors and not this one`,
    }
  }
  return options.mode === 'strict'
    ? {
        code: 'token_binding_outdated',
        check: 'certificate-binding',
        expected: `the certificate ${bound}: certificateBinding is strict`,
        found: `${presented.thumbprint}, its successor`,
      }
    : checkPredecessor(bound, presented, options)
}

function checkPredecessor(
  bound: string,
  { notBefore }: BoundCertificate,
  { issuedAt, overlapMs, isRevoked }: CertificateBindingOptions,
): BindingFault | undefined {
  if (isRevoked(bound)) {
    return {
      code: 'token_predecessor_revoked',
      check: 'certificate-lineage',
      expected: 'a predecessor that is active or superseded',
      found: `${bound} is revoked`,
    }
  }
  if (issuedAt < notBefore + overlapMs) return undefined
  return {
    code: 'token_issued_after_renewal',
    check: 'certificate-lineage',
    expected: `issued before ${date(notBefore + overlapMs)}`,
    found: `issued at ${date(issuedAt)}`,
  }
}

function isSame(one: string, other: string): boolean {
  if (one.length !== other.length) return false
  return timingSafeEqual(Buffer.from(one, 'latin1'), Buffer.from(other, 'latin1'))
}

const date = (ms: number): string =>
  Number.isFinite(ms) ? new Date(ms).toISOString() : 'a time that nobody tells'
