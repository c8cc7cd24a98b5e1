import { isProblem } from '@sallyport/problem'
import type { Metrics } from '../operations/metrics.ts'
import type { Signer, SignerOperation } from './signer.ts'

/** Reasons that lie with where its keys or its journal are. Of a signer that answers nothing readiness tells. */
const reasons: ReadonlySet<string> = new Set([
  'signer_journal_unwritable',
  'signer_journal_refused',
  'hardware_token_unavailable',
  'hardware_token_pin_refused',
  'vault_unavailable',
  'vault_refused',
  'key_extractable',
])

/** What nobody asked for since may be in order again. */
const toldForMs = 15 * 60_000

/**
 * The same signer, of which is told what it could not do when it was asked last: a vault that is sealed answers what
 * is known of its keys all the same, and an authority that is asked for nothing looks as one that signs.
 */
export function tellFailing(
  signer: Signer,
  { metrics, now }: { metrics: Pick<Metrics, 'collect'>; now: () => number },
): Signer {
  const failing = new Map<SignerOperation, { readonly reason: string; readonly at: number }>()
  metrics.collect({
    name: 'sallyport_authority_signing_failing',
    help: 'What the signer could not do when it was asked last, by why',
    kind: 'gauge',
    collect: () =>
      [...failing].flatMap(([operation, { reason, at }]) =>
        now() - at > toldForMs ? [] : [{ labels: { operation, reason }, value: 1 }],
      ),
  })
  const watch = <K extends SignerOperation>(operation: K): Signer[K] =>
    (async (input: never) => {
      try {
        const answer = await signer[operation](input)
        failing.delete(operation)
        return answer
      } catch (error) {
        if (isProblem(error) && reasons.has(error.code)) {
          failing.set(operation, { reason: error.code, at: now() })
        }
        throw error
      }
    }) as Signer[K]
  return Object.fromEntries(
    (Object.keys(signer) as SignerOperation[]).map((operation) => [operation, watch(operation)]),
  ) as Signer
}
