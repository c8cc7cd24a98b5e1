import type { DoctorCheck, Examination, Finding } from './finding.ts'

type Rule = { readonly name: string; readonly key?: unknown } & Readonly<Record<string, unknown>>
type Limits = { readonly rules?: readonly Rule[]; readonly bruteForce?: readonly Rule[] }
type WithStages = { readonly stages?: { readonly limits?: Limits } }
type Host = WithStages & { readonly routes?: readonly WithStages[] }
type Gateway = {
  readonly counters?: { readonly redis?: unknown }
  readonly hosts: Readonly<Record<string, Host>>
  readonly decisions?: unknown
}

/** What limits forget at a restart, and what of them a proxy that asks for decisions leaves without effect. */
export const counterCheck: DoctorCheck = {
  name: 'counters',
  examine: ({ file }) => {
    const gateway = gatewayOf(file)
    const limits = gateway === undefined ? [] : limitsOf(gateway)
    if (gateway === undefined || limits.length === 0) return []
    return [
      keptFinding(gateway),
      ...(gateway.decisions === undefined ? [] : limits.flatMap(unseenFindings)),
    ]
  },
}

function keptFinding({ counters }: Gateway): Finding {
  const finding = { check: 'counters', what: 'gateway.counters' }
  if (counters?.redis !== undefined) return { ...finding, verdict: 'ok', found: 'are in Redis' }
  const found = 'are in memory: a restart forgets limits, failed tries and known devices'
  const fix =
    'Name a Redis or Valkey under gateway.counters.redis where that matters, for one gateway too. A reload keeps them.'
  return { ...finding, verdict: 'warn', found, fix }
}

/** Members of a rule that need what only the own gateway sees: the answer of the service, or content. */
const unseen: readonly [string, (rule: Rule) => boolean, string][] = [
  ['atOnce', (rule) => 'atOnce' in rule, 'limits nothing: it is not seen when the answer ends'],
  ['countStatus', (rule) => 'countStatus' in rule, 'counts every request: no answer is seen'],
  [
    'content',
    (rule) => /"(?:body|form)":/.test(JSON.stringify(rule)),
    'counts all as one, or by address alone: content is not seen',
  ],
]

function unseenFindings({ rules = [], bruteForce = [] }: Limits): Finding[] {
  return [...rules, ...bruteForce].flatMap((rule) =>
    unseen
      .filter(([, needs]) => needs(rule))
      .map(([member, , found]) => ({
        check: 'counters',
        verdict: 'warn' as const,
        what: `${member} of the rule ${rule.name}, where a proxy asks for decisions`,
        found,
        fix: 'Serve the route by the gateway itself, or hold it to a rule with limit alone. Where no proxy asks about it nothing is wrong.',
      })),
  )
}

function gatewayOf(file: Examination['file']): Gateway | undefined {
  return file.value['gateway'] as Gateway | undefined
}

function limitsOf({ hosts }: Gateway): Limits[] {
  return Object.values(hosts).flatMap((host) =>
    [host, ...(host.routes ?? [])].flatMap(({ stages }) => stages?.limits ?? []),
  )
}
