import { randomFillSync } from 'node:crypto'

/** Makes the traceparent of requests that go to services (W3C Trace Context §3.2). */
export type TraceParents = {
  /** @param received the client's own; it is continued where it is well formed */
  readonly next: (received: string | undefined) => { value: string; isContinued: boolean }
}

const wellFormed = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/
const traceBytes = 16
const parentBytes = 8
const poolBytes = 24 * 256

/**
 * The gateway records no spans, so a trace that begins here is not marked as sampled: whether it is
 * recorded is for the services to say.
 */
export function traceParents(): TraceParents {
  const pool = Buffer.allocUnsafeSlow(poolBytes)
  let next = poolBytes
  const hex = (bytes: number): string => {
    if (next + bytes > poolBytes) {
      randomFillSync(pool)
      next = 0
    }
    next += bytes
    return pool.toString('hex', next - bytes, next)
  }
  return {
    next: (received) => {
      if (received !== undefined && wellFormed.test(received)) {
        const value = `${received.slice(0, 36)}${hex(parentBytes)}${received.slice(-3)}`
        return { value, isContinued: true }
      }
      return { value: `00-${hex(traceBytes)}-${hex(parentBytes)}-00`, isContinued: false }
    },
  }
}
