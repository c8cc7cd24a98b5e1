import type { Severity } from '../../finding.ts'
import type { Rule } from '../../rule.ts'
import type { Report, RuledFinding } from '../report.ts'
import { markdown } from '../visible.ts'
import { ruleCodes } from './rule-codes.ts'
import { relationshipsOf } from './taxonomies.ts'

export const levels: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  critical: 'error',
  high: 'error',
  medium: 'warning',
  low: 'note',
  info: 'note',
}

/** As GitHub makes critical (over 9.0), high (7.0), medium (4.0) and low of it. Info is no matter of security. */
const securitySeverities: Readonly<Record<Severity, string | undefined>> = {
  critical: '9.5',
  high: '8.0',
  medium: '5.5',
  low: '2.0',
  info: undefined,
}

export type SarifRules = {
  readonly descriptors: readonly Record<string, unknown>[]
  readonly indexOf: (id: string) => number
}

/** Every rule that was asked, and those of findings whose severity is not that of their rule. */
export function sarifRules(findings: readonly RuledFinding[], { asked }: Report): SarifRules {
  const descriptors = new Map<string, Record<string, unknown>>()
  for (const [rule, about] of Object.entries(asked)) {
    const of = { rule, about, severity: about.severity }
    descriptors.set(descriptorOf(of).id, descriptor(of))
  }
  for (const finding of findings) {
    const { id } = descriptorOf(finding)
    if (!descriptors.has(id)) descriptors.set(id, descriptor(finding))
  }
  const ids = [...descriptors.keys()]
  return { descriptors: [...descriptors.values()], indexOf: (id) => ids.indexOf(id) }
}

type Of = { readonly rule: string; readonly about: Rule; readonly severity: Severity }

/**
 * The id of a rule, or of a part of it (SARIF 2.1.0 §3.5.4: `SPS1006/low`) where the severity is another: GitHub takes
 * it from the rule alone.
 */
export function descriptorOf({ rule, about, severity }: Of): { readonly id: string } {
  const code = ruleCodes[rule] ?? rule
  return { id: severity === about.severity ? code : `${code}/${severity}` }
}

function descriptor(of: Of): Record<string, unknown> {
  const { rule, about, severity } = of
  const security = securitySeverities[severity]
  return {
    id: descriptorOf(of).id,
    name: rule,
    shortDescription: { text: `${about.title}.` },
    fullDescription: { text: about.meaning },
    help: { text: `${about.meaning} ${about.fix}`, markdown: helpMarkdown(rule, about) },
    defaultConfiguration: { level: levels[severity] },
    relationships: relationshipsOf(about),
    properties: {
      ...(security === undefined ? {} : { 'security-severity': security }),
      precision: 'high',
      tags: ['security', 'mobile', ...about.cwe.map((number) => `external/cwe/cwe-${number}`)],
    },
  }
}

function helpMarkdown(rule: string, { meaning, fix, masvs, maswe, cwe, top10 }: Rule): string {
  const classes = [
    ...masvs,
    ...maswe.map(({ id }) => `${id} (MASWE 1.0)`),
    ...cwe.map((number) => `CWE-${number}`),
    ...top10.map((id) => `OWASP Mobile Top 10 2024 ${id}`),
  ]
  return [`**${rule}**`, markdown(meaning), `**Fix**: ${markdown(fix)}`, classes.join(', ')]
    .filter((part) => part !== '')
    .join('\n\n')
}
