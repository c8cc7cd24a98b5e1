import { isProblem, type Problem, reasonOf } from '@sallyport/problem'
import type { AdminClient } from '../admin/admin-client.ts'
import { configuredClient } from '../admin/configured-client.ts'
import type { Input } from '../command.ts'
import { locateConfig } from '../configuration/locate.ts'
import { loadConfig } from '../configuration/schema.ts'
import { doctorChecks } from './checks.ts'
import type { Examination, Finding } from './finding.ts'

/**
 * Everything that doctor finds. Of a file that cannot be validated nothing but that.
 *
 * @throws Problem `config_unreadable`
 */
export async function examine(input: Input): Promise<Finding[]> {
  const path = locateConfig(input)
  let file: Examination['file']
  try {
    file = loadConfig(path)
  } catch (error) {
    if (!isProblem(error) || error.code !== 'config_invalid') throw error
    return [failure('configuration', path, error, error.expected)]
  }
  const client = clientOf(input, file)
  const examination: Examination = {
    file,
    client: isProblem(client) ? undefined : client,
    now: Date.now,
  }
  const findings: Finding[] = [
    { check: 'configuration', verdict: 'ok', what: file.path, found: 'is valid' },
  ]
  if (isProblem(client)) findings.push(failure('authority', 'admin', client))
  for (const check of doctorChecks) findings.push(...(await check.examine(examination)))
  return findings
}

/** The client, or why there can be none: a token that cannot be read is a finding, not the end. */
function clientOf(input: Input, file: Examination['file']): AdminClient | undefined | Problem {
  if (file.value['admin'] === undefined) return undefined
  try {
    return configuredClient(input)
  } catch (error) {
    if (isProblem(error)) return error
    throw error
  }
}

function failure(check: string, what: string, problem: Problem, expected?: string): Finding {
  const fix = expected === undefined ? reasonOf(problem.code).fix : `Expected ${expected}.`
  return { check, verdict: 'fail', what, found: problem.message, fix }
}
