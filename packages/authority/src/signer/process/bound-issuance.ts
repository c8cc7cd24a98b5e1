import { Problem } from '@sallyport/problem'
import type { Logger } from 'pino'
import type { Signer, SignerInput, SignerOperation } from '../signer.ts'

/** What lets somebody in who was not let in before. */
const issuing = ['deviceCertificate', 'serverCertificate', 'gatewayCertificate'] as const

const hourMs = 3_600_000
/** A log that is written with each refusal would be one more thing to fill. */
const toldAgainMs = 60_000

export type IssuanceBound = {
  /** As the configuration is now; undefined: as many as are asked for. */
  perHour: () => number | undefined
  log: Logger
  /** Milliseconds that no change of the clock moves. */
  elapsed?: () => number
}

/**
 * The same signer, which issues so many certificates in an hour and no more, whoever asks: an authority that was taken
 * over makes no more of them than that before somebody looks. A quiet hour leaves room for as many at once.
 *
 * @returns operations that throw Problem `signer_rate_exceeded` beyond it
 */
export function boundIssuance(signer: Signer, options: IssuanceBound): Signer {
  const { perHour, log, elapsed = () => performance.now() } = options
  let left = perHour() ?? 0
  let at = elapsed()
  let told = Number.NEGATIVE_INFINITY

  const take = (operation: SignerOperation): void => {
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
      log.error(
        { operation, certificatesPerHour: most },
        'more certificates are asked for than may be',
      )
    }
    const retryAfterSeconds = Math.ceil(((1 - left) * hourMs) / most / 1_000)
    throw new Problem('signer_rate_exceeded', { expected: `${most} an hour`, retryAfterSeconds })
  }
  const bounded = <K extends SignerOperation>(operation: K) =>
    [
      operation,
      async (input: SignerInput<K>) => {
        take(operation)
        return signer[operation](input)
      },
    ] as const
  return { ...signer, ...Object.fromEntries(issuing.map(bounded)) }
}
