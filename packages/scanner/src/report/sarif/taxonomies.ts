import type { Rule } from '../../rule.ts'
import { masvsControls, masvsVersion } from '../masvs.ts'
import { masweVersion, weaknesses } from '../maswe.ts'

/** A classification by others, as far as it is referred to. */
type Taxonomy = {
  readonly name: string
  /** Where whoever publishes it gives it one. */
  readonly guid?: string
  readonly version?: string
  readonly organization: string
  readonly informationUri: string
  readonly isOf: (rule: Rule) => readonly string[]
  readonly words: (id: string) => string | undefined
}

const table: readonly Taxonomy[] = [
  {
    name: 'OWASP MASVS',
    // As OWASP publishes it: tools/generate_masvs_sarif.py of OWASP/masvs.
    guid: '77cf1749-d61e-4cfe-98f7-a217e3b5448c',
    version: masvsVersion,
    organization: 'OWASP',
    informationUri: 'https://mas.owasp.org/MASVS/',
    isOf: ({ masvs }) => masvs,
    words: (id) => masvsControls[id],
  },
  {
    name: 'OWASP MASWE',
    version: masweVersion,
    organization: 'OWASP',
    informationUri: 'https://mas.owasp.org/MASWE/',
    isOf: ({ maswe }) => maswe.map(({ id }) => id),
    words: (id) => weaknesses[id]?.title,
  },
  {
    name: 'CWE',
    organization: 'MITRE',
    informationUri: 'https://cwe.mitre.org/',
    isOf: ({ cwe }) => cwe.map((number) => `CWE-${number}`),
    words: () => undefined,
  },
]

type ToolComponent = {
  readonly name: string
  readonly guid?: string
} & Record<string, unknown>

/** What rules are classified by, each with the taxa that they name. */
export function taxonomies(rules: readonly Rule[]): ToolComponent[] {
  return table.map(({ isOf, words, guid, ...about }) => {
    const ids = [...new Set(rules.flatMap(isOf))].sort()
    return {
      ...about,
      ...(guid === undefined ? {} : { guid }),
      isComprehensive: false,
      taxa: ids.map((id) => {
        const text = words(id)
        return { id, name: id, ...(text === undefined ? {} : { shortDescription: { text } }) }
      }),
    }
  })
}

/** What every finding of a rule falls under (SARIF 2.1.0 §3.53). */
export function relationshipsOf(rule: Rule): Record<string, unknown>[] {
  return referencesOf(rule).map((target) => ({ target, kinds: ['superset'] }))
}

/** What a finding of a rule falls under. */
export function referencesOf(rule: Rule): Record<string, unknown>[] {
  return table.flatMap(({ name, guid, isOf }) =>
    isOf(rule).map((id) => ({
      id,
      toolComponent: { name, ...(guid === undefined ? {} : { guid }) },
    })),
  )
}
