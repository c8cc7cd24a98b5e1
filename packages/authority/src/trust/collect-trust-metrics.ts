import type { Authority } from '../authority.ts'
import type { Sample } from '../operations/metrics.ts'
import { isListTooOld } from './judge-trust.ts'

/** Registers what is read of roots and status list when the metrics are asked for. */
export function collectTrustMetrics({ metrics, trust, now }: Authority): void {
  const held = () => trust.statusList.held
  const gauge = (name: string, help: string, collect: () => readonly Sample[]): void => {
    metrics.collect({ name: `sallyport_authority_${name}`, help, kind: 'gauge', collect })
  }
  gauge('trust_age_seconds', 'Since roots and status list in use were fetched', () =>
    [
      { document: 'statusList', copy: held()?.copy },
      { document: 'roots', copy: trust.roots.held?.copy },
    ].flatMap(({ document, copy }) =>
      copy === undefined
        ? []
        : [{ labels: { document }, value: Math.max(0, (now() - copy.fetchedAt) / 1_000) }],
    ),
  )
  gauge('status_list_entries', 'Entries of the status list in use', () => [
    { value: held()?.value.size ?? 0 },
  ])
  gauge('status_list_usable', 'Whether there is a status list, and it is not too old', () => {
    const copy = held()?.copy
    const { android } = trust.config.attestation
    const isUsable = copy !== undefined && !isListTooOld(android, copy.fetchedAt, now())
    return [{ value: isUsable ? 1 : 0 }]
  })
  gauge('trust_problems', 'What is wrong with roots and status list', () =>
    trust.problems.all.map(({ code, about }) => ({ labels: { code, about }, value: 1 })),
  )
}
