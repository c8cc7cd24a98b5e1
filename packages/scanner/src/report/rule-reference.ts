import { severities } from '../finding.ts'
import type { Rule } from '../rule.ts'
import { rules } from '../rules.ts'
import { weaknesses } from './maswe.ts'
import { ruleCodes } from './sarif/rule-codes.ts'
import { markdown } from './visible.ts'

/** `docs/reference/rules.md`, whole, as Markdown: every rule, the worst first. */
export function ruleReference(): string {
  const all = Object.entries<Rule>(rules)
  return [
    '# Rules of the scanner',
    '',
    'Every finding of `sallyport scan` names one of these rules. Ids are stable: `--rules`, suppressions and baselines go by them, and SARIF by',
    'the code beside. The severity of a finding can differ from that of its rule where the package says more. What a finding is classified by',
    'is of MASVS 2.1.0, MASWE 1.0.0 (which gave the numbers of its beta to other weaknesses: those are named as well), MASTG 2, CWE, and the OWASP',
    'Mobile Top 10 of 2024. [How to scan](../guide/scanning.md).',
    '',
    ...severities.flatMap((severity) => {
      const rows = all.filter(([, rule]) => rule.severity === severity)
      if (rows.length === 0) return []
      return [`## ${severity}`, '', ...rows.flatMap(([id, rule]) => entry(id, rule))]
    }),
  ].join('\n')
}

function entry(id: string, rule: Rule): string[] {
  return [
    `### \`${id}\``,
    '',
    `${markdown(rule.title)}. \`${ruleCodes[id] ?? id}\` in SARIF.`,
    '',
    markdown(rule.meaning),
    '',
    `**Fix**: ${markdown(rule.fix)}`,
    '',
    ...classes(rule).map((line) => `- ${line}`),
    '',
  ]
}

function classes({ masvs, maswe, mastg, cwe, top10 }: Rule): string[] {
  const tests = (ids: readonly string[], platform: string) =>
    ids.length === 0 ? [] : [`${ids.join(', ')} (${platform})`]
  const named = [...tests(mastg.android, 'Android'), ...tests(mastg.ios, 'iOS')]
  return [
    masvs.join(', '),
    ...maswe.map(({ id, betaIds }) => {
      return `${id} ${weaknesses[id]?.title ?? ''}; in the beta ${betaIds.join(', ')}`
    }),
    ...(named.length === 0 ? [] : [named.join('; ')]),
    [...cwe.map((number) => `CWE-${number}`), ...top10.map((id) => `Mobile Top 10 ${id}`)].join(
      ', ',
    ),
  ]
}
