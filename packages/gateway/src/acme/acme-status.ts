import { X509Certificate } from 'node:crypto'
import { AcmeStore } from './acme-store.ts'
import { renewalTime } from './renewal-time.ts'

/** How it stands with the certificate of a host, as far as the state directory tells. Times in milliseconds. */
export type AcmeStatus = {
  /** Undefined where none was issued yet. */
  readonly notAfter: number | undefined
  readonly renewalAt: number | undefined
  /** Attempts that failed since the last success. */
  readonly failures: number
  readonly lastError: string | undefined
  readonly nextAttemptAt: number | undefined
}

/** Undefined where nothing was ever asked for. */
export async function readAcmeStatus(
  stateDirectory: string,
  account: string,
  host: string,
): Promise<AcmeStatus | undefined> {
  const kept = await new AcmeStore(stateDirectory, account).readCertificate(host)
  if (kept === undefined) return undefined
  const { certificate, failures, lastError, notBeforeAttemptAt } = kept
  return {
    notAfter:
      certificate === undefined
        ? undefined
        : new X509Certificate(certificate).validToDate.getTime(),
    renewalAt: certificate === undefined ? undefined : renewalTime(certificate),
    failures,
    lastError,
    nextAttemptAt: notBeforeAttemptAt,
  }
}
