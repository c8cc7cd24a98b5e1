import type { StatusCode } from './status-code.ts'

/** 2025-01-01T00:00:00Z. Nothing was ended before there was anything that could. */
const epochMs = Date.UTC(2025, 0, 1)
/** The sign says that the number is one of these; the rest are seconds, of 68 years. */
const flag = -0x8000_0000
const always = 0x7fff_ffff

/**
 * The number of the status table that ends tokens by the time of their issue.
 *
 * @param issuedUntil milliseconds: what was issued at or before it has ended; undefined: all of it has
 */
export function endedUntilCode(issuedUntil: number | undefined): StatusCode {
  if (issuedUntil === undefined) return flag | always
  return flag | Math.min(always, Math.max(0, secondsOf(issuedUntil)))
}

/**
 * Whether a number of the table ends what was issued then. Tokens tell the time of their issue in
 * seconds (RFC 7519 §2): all of the second of the end has ended.
 */
export function isEndedUntil(code: StatusCode, issuedAt: number): boolean {
  if (code >= 0) return false
  const seconds = code & always
  // Not `>`: a time of issue that is no number has ended.
  return seconds === always || !(secondsOf(issuedAt) > seconds)
}

function secondsOf(milliseconds: number): number {
  return Math.floor((milliseconds - epochMs) / 1_000)
}
