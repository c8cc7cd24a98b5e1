import type { Input, Operation } from '../command.ts'
import { examine } from '../doctor/examine.ts'
import type { Finding, Verdict } from '../doctor/finding.ts'
import type { Output } from '../terminal/output.ts'
import { printable } from '../terminal/printable.ts'

export const doctor: Operation = async (input, output) => {
  const findings = await findingsOf(input)
  output.result(findings, () => findings.map((finding) => words(finding, output)).join('\n'))
  const count = (verdict: Verdict): number =>
    findings.filter((finding) => finding.verdict === verdict).length
  output.say(`${count('ok')} fine, ${count('warn')} to look at, ${count('fail')} wrong`)
  return count('fail') === 0 ? 0 : 1
}

async function findingsOf(input: Input): Promise<Finding[]> {
  const { outside, certificate } = input.options
  if (typeof outside !== 'string') return examine(input)
  const { fromFile, selfMade } = await import('../doctor/outside/forged-identities.ts')
  const { examineOutside } = await import('../doctor/outside/examine-outside.ts')
  const known = Array.isArray(certificate) ? certificate.map(fromFile) : []
  return examineOutside(outside, [await selfMade(Date.now()), ...known])
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
