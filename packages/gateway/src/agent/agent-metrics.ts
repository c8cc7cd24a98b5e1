export type AgentFacts = {
  readonly inStep: boolean
  readonly heardSeconds: number
  readonly sequence: number
  readonly resyncs: number
  readonly changes: number
  readonly endedStreams: number
  readonly failures: number
}

/** Metrics in Prometheus' text format, for the textfile collector of its node exporter. */
export function agentMetrics(facts: AgentFacts): string {
  return metrics
    .map(({ name, type, help, value }) =>
      [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, `${name} ${value(facts)}`, ''].join(
        '\n',
      ),
    )
    .join('')
}

const metrics: readonly {
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly help: string
  readonly value: (facts: AgentFacts) => number
}[] = [
  {
    name: 'sallyport_agent_in_step',
    type: 'gauge',
    help: 'Whether HAProxy has all that the authority said',
    value: ({ inStep }) => (inStep ? 1 : 0),
  },
  {
    name: 'sallyport_agent_heard_timestamp_seconds',
    type: 'gauge',
    help: 'When the authority was last heard; 0 where it said what is not understood',
    value: ({ heardSeconds }) => heardSeconds,
  },
  {
    name: 'sallyport_agent_feed_sequence',
    type: 'gauge',
    help: 'Number of the last change',
    value: ({ sequence }) => sequence,
  },
  {
    name: 'sallyport_agent_resyncs_total',
    type: 'counter',
    help: 'Times that HAProxy was told everything',
    value: ({ resyncs }) => resyncs,
  },
  {
    name: 'sallyport_agent_changes_total',
    type: 'counter',
    help: 'Changes that HAProxy was told',
    value: ({ changes }) => changes,
  },
  {
    name: 'sallyport_agent_ended_streams_total',
    type: 'counter',
    help: 'Streams and WebSockets of devices that were ended',
    value: ({ endedStreams }) => endedStreams,
  },
  {
    name: 'sallyport_agent_failures_total',
    type: 'counter',
    help: 'Times that HAProxy was away or said no',
    value: ({ failures }) => failures,
  },
]
