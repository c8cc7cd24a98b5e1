import { readConfig } from '@sallyport/config'
import { rules, type Suppression } from '@sallyport/scanner'
import Type from 'typebox'
import { readGivenFile } from '../files/given-file.ts'

const closed = { additionalProperties: false }
const Words = (description: string) =>
  Type.String({ minLength: 3, maxLength: 500, pattern: '\\S.*\\S', description })
const Glob = (description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength: 1_000, description }))

const answers = {
  reason: Words('Why this is no harm'),
  owner: Words('Who answers for it'),
  expires: Type.String({
    pattern: '^\\d{4}-\\d{2}-\\d{2}$',
    description: 'The last day that it holds, 2027-03-31',
  }),
}

const SuppressionsSchema = Type.Object(
  {
    suppressions: Type.Array(
      Type.Object(
        {
          fingerprint: Type.Optional(Type.String({ pattern: '^[0-9a-f]{32}$' })),
          rule: Type.Optional(Type.Enum(Object.keys(rules))),
          path: Glob('Every place of the finding: assets/**'),
          identity: Glob('What it is about, as `identity` of a report in JSON'),
          ...answers,
        },
        closed,
      ),
      { maxItems: 10_000 },
    ),
  },
  closed,
)

/**
 * Findings that somebody answers for. A rule alone is not taken: what it finds tomorrow would be suppressed as well.
 *
 * @throws Problem `config_unreadable`; `command_usage` with file:line:column
 */
export function readSuppressions(file: string): readonly Suppression[] {
  return readGivenFile(() => {
    const { value, problem } = readConfig<{ suppressions: Suppression[] }>(file, SuppressionsSchema)
    for (const [index, one] of value.suppressions.entries()) {
      const pointer = `/suppressions/${index}`
      const narrowed = [one.path, one.identity].some((glob) => glob !== undefined)
      // Either alone: a union of two shapes would tell of the wrong one what is missing.
      if ((one.fingerprint === undefined) === (one.rule === undefined && !narrowed)) {
        throw problem(pointer, 'it is not said, or said twice, which finding this is about', {
          expected: 'a fingerprint alone, or a rule with path or identity',
        })
      }
      if (one.fingerprint === undefined && one.rule === undefined) {
        throw problem(pointer, 'path and identity narrow a rule, and there is none', {
          expected: 'a rule beside them',
        })
      }
      if (one.rule !== undefined && !narrowed) {
        throw problem(pointer, 'this would suppress all that the rule ever finds', {
          expected: 'path or identity beside the rule, or a fingerprint instead of it',
        })
      }
      const day = new Date(`${one.expires}T00:00:00Z`)
      if (Number.isNaN(day.getTime()) || !day.toISOString().startsWith(one.expires)) {
        throw problem(`${pointer}/expires`, 'there is no such day', { found: one.expires })
      }
    }
    return value.suppressions
  })
}
