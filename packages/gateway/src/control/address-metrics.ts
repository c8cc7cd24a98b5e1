import type { Metric } from './metric.ts'

/** Which addresses are not served, and how good what is known of them is. */
export const addressMetrics: readonly Metric[] = [
  {
    name: 'sallyport_address_list_entries',
    type: 'gauge',
    help: 'Networks in each list of addresses that is in force',
    samples: (_, { addresses: { lists } }) =>
      lists.map(({ name, effect, entries }) => ({
        labels: { list: name, effect },
        value: entries,
      })),
  },
  {
    name: 'sallyport_address_list_fetched_timestamp_seconds',
    type: 'gauge',
    help: 'When a fetched list was last had from its server, or heard to be unchanged, in Unix time; 0: never',
    samples: (_, { addresses: { lists } }) =>
      lists.flatMap(({ name, fetches, fetchedAt = 0 }) =>
        fetches === undefined ? [] : [{ labels: { list: name }, value: fetchedAt / 1_000 }],
      ),
  },
  {
    name: 'sallyport_address_list_fetches_total',
    type: 'counter',
    help: 'Fetches of each list: taken, unchanged, or failed, with the last good one going on',
    samples: (_, { addresses: { lists } }) =>
      lists.flatMap(({ name, fetches = {} }) =>
        Object.entries(fetches).map(([outcome, value]) => ({
          labels: { list: name, outcome },
          value,
        })),
      ),
  },
  {
    name: 'sallyport_address_blocks',
    type: 'gauge',
    help: 'Temporary blocks of addresses that hold now, by what for',
    samples: (_, { addresses: { blocks } }) =>
      Object.entries(blocks).map(([why, value]) => ({ labels: { why }, value })),
  },
  {
    name: 'sallyport_address_blocks_raised_total',
    type: 'counter',
    help: 'Temporary blocks of addresses that were raised or prolonged, and those that found no room',
    samples: (workers) =>
      workers.flatMap(({ blocks }) =>
        blocks.flatMap(({ why, raised, noRoom }) => [
          { labels: { why, outcome: 'raised' }, value: raised },
          { labels: { why, outcome: 'no_room' }, value: noRoom },
        ]),
      ),
  },
]
