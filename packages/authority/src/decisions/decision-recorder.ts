import type { DecisionRecord } from '@sallyport/wire'
import type { Logger } from 'pino'
import { FloodRecorder } from '../store/flood-recorder.ts'
import type { Store } from '../store/store.ts'
import { decisionRow } from './decision-row.ts'

/** Keeps the authority's own refusals beside those of the gateways, so that one command explains both. */
export type DecisionRecorder = FloodRecorder<DecisionRecord>

export function decisionRecorder(store: Store, log: Logger): DecisionRecorder {
  return new FloodRecorder({
    store,
    log,
    what: 'decisions',
    maxPending: 1_000,
    maxPerSecond: 50,
    insert: async (tx, decisions) => {
      await tx
        .insertInto('decisions')
        .values(decisions.map((decision) => decisionRow('authority', decision)))
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    },
  })
}
