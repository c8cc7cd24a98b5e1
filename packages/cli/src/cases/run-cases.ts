import {
  createOfflineGateway,
  type GatewayConfig,
  makePlan,
  type OfflineDecision,
  type OfflineScope,
  type RuleMiss,
} from '@sallyport/gateway'
import { Problem } from '@sallyport/problem'
import { loadConfig } from '../configuration/schema.ts'
import { type Expected, loadCases, type LoadedCase } from './load-cases.ts'

/** What became of a case. */
export type CaseOutcome = {
  readonly name: string
  readonly request: string
  readonly device: string
  readonly user: string
  readonly verdict: 'allow' | 'deny'
  readonly route: string | null
  readonly stage: string | null
  readonly code: string | null
  readonly rule: string | null
  /** What stages in mode shadow would have refused with. */
  readonly shadow: readonly { readonly stage: string; readonly code: string }[]
  readonly expectedOther: readonly Difference[]
  readonly isChecked: boolean
  /** Of a refusal, for the operator. */
  readonly found: string | null
  readonly rules: readonly RuleMiss[]
}
export type Difference = {
  readonly what: string
  readonly expected: string
  readonly found: string
}

export type CasesRun = {
  readonly outcomes: readonly CaseOutcome[]
  /** Stages that cases went by, and that cannot be asked offline. */
  readonly notRun: readonly string[]
}

/**
 * Asks a configuration what would become of every request of a table: the stages are those of a worker,
 * compiled as there, and nothing is dialled.
 *
 * @throws Problem `config_invalid`, `config_unreadable` of the configuration; `command_usage` of the table
 */
export async function runCases(
  configFile: string,
  tableFile: string,
  { scope, now }: { scope: OfflineScope; now: number },
): Promise<CasesRun> {
  const config = loadConfig(configFile)
  if (config.value['gateway'] === undefined) {
    throw new Problem('command_usage', {
      detail: `${configFile} describes no gateway`,
      expected: 'a file with the section gateway',
    })
  }
  // The schema of the file is that of its sections.
  const described = config as unknown as GatewayConfig
  const made = makePlan(described)
  const { trustDomain } = described.value
  const gateway = await createOfflineGateway(made, { scope, trustDomain })
  const cases = loadCases(tableFile, {
    hosts: gateway.hosts,
    routes: gateway.routes,
    providers: Object.keys(made.plan.identityProviders),
    now,
  })
  const outcomes: CaseOutcome[] = []
  const notRun = new Set<string>()
  for (const one of cases) {
    const decision = await gateway.decide(one.request)
    for (const stage of decision.notRun) notRun.add(stage)
    outcomes.push(outcomeOf(one, decision))
  }
  return { outcomes, notRun: [...notRun].toSorted() }
}

function outcomeOf(one: LoadedCase, decision: OfflineDecision): CaseOutcome {
  const { name, request, device, user, expected } = one
  const { refusal, refusedBy, rule = null, route = null } = decision
  const outcome = {
    verdict: refusal === undefined ? ('allow' as const) : ('deny' as const),
    route,
    stage: refusedBy ?? null,
    code: refusal?.code ?? null,
    rule,
  }
  return {
    name,
    request: `${request.method} ${request.host}${request.path}`,
    device,
    user,
    ...outcome,
    shadow: decision.shadow,
    isChecked: expected !== undefined,
    expectedOther: expected === undefined ? [] : differences(expected, outcome),
    found: refusal?.found ?? null,
    rules: refusal?.rules ?? [],
  }
}

function differences(
  expected: Expected,
  found: Readonly<Record<keyof Expected, string | null>>,
): Difference[] {
  return (Object.keys(found) as (keyof Expected)[]).flatMap((what) => {
    const wanted = expected[what]
    return wanted === undefined || wanted === found[what]
      ? []
      : [{ what, expected: wanted, found: found[what] ?? 'none' }]
  })
}
