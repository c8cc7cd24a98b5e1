import type { Authority } from '../authority.ts'
import type { Sample } from '../operations/metrics.ts'
import { type ListState, readListStates } from './due-lists.ts'

/** What is told of the lists of a CA, each by the worst of them. */
const gauges: readonly {
  name: string
  help: string
  of: (list: NonNullable<ListState['list']>, state: ListState, now: number) => number
  worst: (...values: number[]) => number
}[] = [
  {
    name: 'revocation_list_age_seconds',
    help: 'Since the oldest revocation list of a CA was issued',
    of: ({ this_update }, _, now) => (now - this_update) / 1_000,
    worst: Math.max,
  },
  {
    name: 'revocation_list_next_update_seconds',
    help: 'Until the first revocation list of a CA lapses',
    of: ({ next_update }, _, now) => (next_update - now) / 1_000,
    worst: Math.min,
  },
  {
    name: 'revocation_list_entries',
    help: 'Certificates on the longest revocation list of a CA',
    of: ({ entries }) => entries,
    worst: Math.max,
  },
  {
    name: 'revocation_lists_behind',
    help: 'Whether a change is not yet on a revocation list of a CA',
    of: ({ through_changes }, { changes }) => (changes > through_changes ? 1 : 0),
    worst: Math.max,
  },
]

/** Registers what is read of published lists when the metrics are asked for. */
export function collectPublishedMetrics({ metrics, store, now }: Authority): void {
  for (const { name, help, of, worst } of gauges) {
    metrics.collect({
      name: `sallyport_authority_${name}`,
      help,
      kind: 'gauge',
      collect: async () => {
        const states = await readListStates(store.read, now())
        const byIssuer = Map.groupBy(states, ({ issuerId }) => issuerId)
        return [...byIssuer].flatMap(([issuer, lists]): Sample[] => {
          const values = lists.flatMap((state) =>
            state.list === undefined ? [] : [of(state.list, state, now())],
          )
          const labels = { app: lists[0]?.appId ?? 'root', issuer }
          return values.length === 0 ? [] : [{ labels, value: worst(...values) }]
        })
      },
    })
  }
}
