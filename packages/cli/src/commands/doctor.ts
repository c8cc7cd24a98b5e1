import { isProblem, type Problem, reasonOf } from '@sallyport/problem'
import type { AdminClient } from '../admin/admin-client.ts'
import { configuredClient } from '../admin/configured-client.ts'
import type { Input, Operation } from '../command.ts'
import { locateConfig } from '../configuration/locate.ts'
import { loadConfig } from '../configuration/schema.ts'
import { doctorChecks } from '../doctor/checks.ts'
import type { Examination, Finding, Verdict } from '../doctor/finding.ts'
import type { Output } from '../terminal/output.ts'
import { printable } from '../terminal/printable.ts'

export const doctor: Operation = async (input, output) => {
  const findings = await examine(input)
  output.result(findings, () => findings.map((finding) => words(finding, output)).join('\n'))
  const count = (verdict: Verdict) =>
    findings.filter((finding) => finding.verdict === verdict).length
  output.say(`${count('ok')} fine, ${count('warn')} to look at, ${count('fail')} wrong`)
  return count('fail') === 0 ? 0 : 1
}

async function examine(input: Input): Promise<Finding[]> {
  const path = locateConfig(input)
  let file: Examination['file']
  try {
    file = loadConfig(path)
  } catch (error) {
    if (!isProblem(error) || error.code !== 'config_invalid') throw error
    const fix = error.expected === undefined ? 'Mend it there.' : `Expected ${error.expected}.`
    return [{ check: 'configuration', verdict: 'fail', what: path, found: error.message, fix }]
  }
  const found: Finding = {
    check: 'configuration',
    verdict: 'ok',
    what: file.path,
    found: 'is valid',
  }
  const client = clientOf(input, file)
  const admin: Finding[] = isProblem(client)
    ? [
        {
          check: 'authority',
          verdict: 'fail',
          what: 'admin',
          found: client.message,
          fix: reasonOf(client.code).fix,
        },
      ]
    : []
  const examination = { file, client: isProblem(client) ? undefined : client, now: Date.now }
  const rest: Finding[] = []
  for (const { examine } of doctorChecks) rest.push(...(await examine(examination)))
  return [found, ...admin, ...rest]
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

const marks: Readonly<Record<Verdict, { mark: string; style: 'green' | 'yellow' | 'red' }>> = {
  ok: { mark: '✓', style: 'green' },
  warn: { mark: '!', style: 'yellow' },
  fail: { mark: '✗', style: 'red' },
}

function words({ check, verdict, what, found, fix }: Finding, output: Output): string {
  const { mark, style } = marks[verdict]
  const line = `${output.paint(style, mark)} ${check}: ${printable(what)}: ${printable(found)}`
  return fix === undefined ? line : `${line}\n    fix  ${fix}`
}
