import type { Metric } from './metric.ts'

/** What limits did, and how the counters behind them fare. */
export const limitMetrics: readonly Metric[] = [
  {
    name: 'sallyport_limits_total',
    type: 'counter',
    help: 'Requests that each limit let through, or refused',
    samples: (workers) =>
      workers.flatMap(({ limits }) =>
        limits.flatMap(({ host, route, rule, admitted, refused }) => [
          { labels: { host, route, rule, outcome: 'admitted' }, value: admitted },
          { labels: { host, route, rule, outcome: 'refused' }, value: refused },
        ]),
      ),
  },
  {
    name: 'sallyport_counters_fill_ratio',
    type: 'gauge',
    help: 'How full each table of counters is, from 0 to 1',
    samples: (_, { counterFill }) =>
      Object.entries(counterFill).map(([table, value]) => ({ labels: { table }, value })),
  },
  {
    name: 'sallyport_counters_overflows_total',
    type: 'counter',
    help: 'Keys that found no room in their table, and were counted together with others or refused',
    samples: (workers) =>
      workers.flatMap(({ counters }) =>
        Object.entries(counters.overflows).map(([table, value]) => ({ labels: { table }, value })),
      ),
  },
  {
    name: 'sallyport_counters_redis_away',
    type: 'gauge',
    help: 'Workers that cannot reach Redis now',
    samples: (workers) =>
      workers.flatMap(({ counters: { redis } }) =>
        redis === undefined ? [] : [{ labels: {}, value: redis.isAway ? 1 : 0 }],
      ),
  },
  {
    name: 'sallyport_counters_redis_requests_total',
    type: 'counter',
    help: 'What was asked of Redis, and what of it failed or was not even sent',
    samples: (workers) =>
      workers.flatMap(({ counters: { redis } }) =>
        redis === undefined
          ? []
          : [
              { labels: { outcome: 'asked' }, value: redis.asked },
              { labels: { outcome: 'failed' }, value: redis.failed },
            ],
      ),
  },
]
