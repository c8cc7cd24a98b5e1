import type { AcmeOrderRow } from '../../store/tables.ts'

/** Of orders that may still end with a certificate (RFC 8555 §7.1.6). */
export const openStatuses = ['pending', 'ready', 'processing'] as const

/** What its client did not finish in time is invalid. What is `processing` waits for us, and goes on. */
export function isOver(
  { status, expires_at }: Pick<AcmeOrderRow, 'status' | 'expires_at'>,
  now: number,
): boolean {
  return (status === 'pending' || status === 'ready') && expires_at <= now
}
