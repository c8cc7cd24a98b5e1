import { Problem } from '@sallyport/problem'
import type { Logger } from 'pino'
import type { SignedKind } from '../journal/journal-record.ts'
import type { Signer, SignerInput, SignerOperation } from '../signer.ts'

/** What lets somebody in who was not let in before. */
const issuing = ['deviceCertificate', 'serverCertificate', 'gatewayCertificate'] as const
/** The same, as the journal has it. */
export const issuedKinds = ['device', 'server', 'gateway'] as const satisfies SignedKind[]
/** What else is signed and written down. */
const others = [
  'root',
  'issuingCa',
  'scepRa',
  'responderCertificate',
  'revocationList',
  'rootRevocationList',
] as const
/** Twenty CAs with fifty lists, each of them every minute: more would fill the disk by the journal. */
const othersPerHour = 60_000

const hourMs = 3_600_000
/** A log that is written with each refusal would be one more thing to fill. */
const toldAgainMs = 60_000

export type IssuanceBound = {
  /** As the configuration is now; undefined: as many as are asked for. */
  perHour: () => number | undefined
  log: Logger
  /** How many were issued in the hour before the start. */
  issuedBefore?: number
  /** Milliseconds that no change of the clock moves. */
  elapsed?: () => number
}

/**
 * The same signer, which issues so many certificates in an hour and no more, whoever asks and however often it is
 * started: an authority that was taken over makes no more of them than that before somebody looks. A quiet hour
 * leaves room for as many at once.
 *
 * @returns operations that throw Problem `signer_rate_exceeded` beyond it
 */
export function boundIssuance(signer: Signer, options: IssuanceBound): Signer {
  const { perHour, log, issuedBefore = 0, elapsed = () => performance.now() } = options
  const takeIssued = hourlyBound({ perHour, before: issuedBefore, log, elapsed })
  const takeOther = hourlyBound({ perHour: () => othersPerHour, before: 0, log, elapsed })
  const bounded = <K extends SignerOperation>(operation: K, take: typeof takeIssued) =>
    [
      operation,
      async (input: SignerInput<K>) => {
        take(operation)
        return signer[operation](input)
      },
    ] as const
  return {
    ...signer,
    ...Object.fromEntries(issuing.map((operation) => bounded(operation, takeIssued))),
    ...Object.fromEntries(others.map((operation) => bounded(operation, takeOther))),
  }
}

function hourlyBound({
  perHour,
  before,
  log,
  elapsed,
}: Required<Pick<IssuanceBound, 'perHour' | 'log' | 'elapsed'>> & { before: number }) {
  // At most what is left in truth: what became free again within that hour is not counted.
  let left = Math.max(0, (perHour() ?? 0) - before)
  let at = elapsed()
  let told = Number.NEGATIVE_INFINITY

  return (operation: SignerOperation): void => {
    const most = perHour()
    if (most === undefined) return
    const now = elapsed()
    left = Math.min(most, left + ((now - at) / hourMs) * most)
    at = now
    if (left >= 1) {
      left -= 1
      return
    }
    if (now - told >= toldAgainMs) {
      told = now
      log.error({ operation, mostPerHour: most }, 'more certificates are asked for than may be')
    }
    const retryAfterSeconds = Math.ceil(((1 - left) * hourMs) / most / 1_000)
    throw new Problem('signer_rate_exceeded', { expected: `${most} an hour`, retryAfterSeconds })
  }
}
