import { createHash, X509Certificate } from 'node:crypto'
import type { RenewalInfo } from './renewal-info.ts'

/** A share of the life over which gateways and hosts spread their renewals, so that they do not come at once. */
const jitterShare = 1 / 12
const latestShare = 5 / 6

/**
 * When a certificate is to be renewed, in milliseconds: at two thirds of its life, and up to a twelfth of it
 * earlier; or in the window that the CA suggests, but never so late that no attempt may fail any more. The
 * same moment however often it is asked for, another one for each certificate.
 */
export function renewalTime(pem: string, suggested?: RenewalInfo): number {
  const certificate = new X509Certificate(pem)
  const notBefore = certificate.validFromDate.getTime()
  const life = certificate.validToDate.getTime() - notBefore
  const share = createHash('sha256').update(certificate.raw).digest().readUInt32BE(0) / 2 ** 32
  if (suggested === undefined) return notBefore + life * (2 / 3 - share * jitterShare)
  const { start, end } = suggested
  return Math.min(start + share * (end - start), notBefore + life * latestShare)
}

const firstRetryMs = 5 * 60_000
const longestRetryMs = 12 * 3_600_000

/**
 * How long to wait after so many failures in a row: 5 minutes, 15, 45 … 12 hours. CAs count failed
 * validations (Let's Encrypt: five an hour for each name), and a name that is configured wrongly must not use up
 * what the others need.
 */
export function retryDelay(failures: number): number {
  return Math.min(longestRetryMs, firstRetryMs * 3 ** (failures - 1))
}
