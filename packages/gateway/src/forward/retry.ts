import type { UpstreamFailure } from './upstream-failure.ts'

// RFC 9110 §9.2.2
const idempotentMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])

/**
 * Whether a request may be sent again without a chance of being done twice.
 *
 * - `never-sent`: no byte of it left, or the service said that it did not look at it
 *   (RFC 9113 §8.7): sending it elsewhere is the first time, whatever its method.
 * - `unseen`: it was written to a connection that the service closed without a byte of an answer. It very
 *   probably saw nothing; probably is enough for idempotent methods alone (RFC 9110 §9.2.2).
 */
export function isRetryable(failure: UpstreamFailure, method: string): boolean {
  if (failure.reach === 'never-sent') return true
  return failure.reach === 'unseen' && idempotentMethods.has(method)
}

/** Whether a failure speaks against the target: not where its bounds or the client were the cause. */
export function countsAgainstTarget(failure: UpstreamFailure): boolean {
  if (failure.reach === 'unseen') return false
  return failure.code !== 'upstream_busy' && failure.code !== 'request_timeout'
}
