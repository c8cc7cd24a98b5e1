import { Problem } from './problem.ts'

/** What is said of the member, beside where it is. */
export type ConfigProblemFacts = { expected?: string; found?: string; cause?: unknown }

/**
 * Something wrong at a member of the configuration, said where the file itself is not at hand. Whoever
 * read the file adds line and column, by the pointer.
 *
 * @param code `config_unreadable` where a file that the member names cannot be read
 * @param path steps to the member, as `['apps', 'wallet', 'enrollment']`
 */
export function configProblem(
  code: 'config_invalid' | 'config_unreadable',
  path: readonly (string | number)[],
  detail: string,
  facts: ConfigProblemFacts = {},
): Problem {
  const pointer = path.map((step) => `/${escaped(String(step))}`).join('')
  return new Problem(code, { detail: `${path.join('.')}: ${detail}`, pointer, ...facts })
}

/** RFC 6901 §3. */
function escaped(step: string): string {
  return step.replaceAll('~', '~0').replaceAll('/', '~1')
}
