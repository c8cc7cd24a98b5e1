import type { AdminAppraisal, FoundDecision, FoundHandshake } from '@sallyport/authority'
import { isReasonCode, reasonOf } from '@sallyport/problem'
import { appraisalText } from '../attestation/appraisal-text.ts'
import type { Output } from '../terminal/output.ts'
import { printable } from '../terminal/printable.ts'
import { formatTable } from '../terminal/table.ts'
import type { Explanation } from './explain-certificate.ts'

type Paint = Output['paint']

/** Each check of a certificate; of a failed one what was expected, what was found and the fix. */
export function certificateWords(explanation: Explanation, paint: Paint): string {
  const failed = explanation.checks.find(({ ok }) => !ok)
  const verdict = explanation.ok
    ? paint('green', 'A gateway accepts this certificate')
    : paint('red', `A gateway refuses this certificate: ${failed?.code ?? failed?.check}`)
  const lines = explanation.checks.flatMap(({ check, ok, code, expected, found, fix }) =>
    ok
      ? [`  ${paint('green', '✓')} ${check}  ${paint('dim', printable(found))}`]
      : [
          `  ${paint('red', '✗')} ${check}${code === undefined ? '' : `  ${code}`}`,
          `      expected  ${printable(expected)}`,
          `      found     ${printable(found)}`,
          ...(fix === undefined ? [] : [`      fix       ${fix}`]),
        ],
  )
  return [verdict, `  SHA-256  ${explanation.thumbprint}`, ...lines].join('\n')
}

/** A decision, and what came of the evidence of its request. */
export type ExplainedDecision = FoundDecision & { appraisals?: readonly AdminAppraisal[] }

/** A decision, stage by stage, and every check of the evidence that it rests on. */
export function explainedWords(explained: ExplainedDecision, paint: Paint): string {
  const { appraisals = [] } = explained
  return [
    decisionWords(explained, paint),
    ...appraisals.map((appraisal) => appraisalText(appraisal, paint)),
  ].join('\n\n')
}

function decisionWords({ source, decision }: FoundDecision, paint: Paint): string {
  const { requestId, at, address, host, method, path, route, status, code } = decision
  const stages = (decision.stages ?? []).map(
    ({ stage, mode, verdict, check, expected, found, code }) => {
      return { stage, mode, verdict, code, check, expected, found }
    },
  )
  return [
    paint('bold', `${requestId}: ${status}${code === undefined ? '' : ` ${code}`}`),
    `  ${printable(method)} ${printable(host)}${printable(path)}`,
    `  from ${address} at ${new Date(at).toISOString()}, decided by ${source}`,
    ...(route === undefined ? [] : [`  route ${printable(route)}`]),
    ...(decision.deviceId === undefined ? [] : [`  device ${decision.deviceId}`]),
    ...(decision.thumbprint === undefined ? [] : [`  certificate ${decision.thumbprint}`]),
    ...(decision.user === undefined ? [] : [`  user ${printable(decision.user)}`]),
    ...(decision.rule === undefined ? [] : [`  rule ${printable(decision.rule)}`]),
    ...(stages.length === 0 ? [] : ['', indent(formatTable(stages))]),
    ...ruleLines(decision.stages ?? []),
    ...reasonLines(code),
  ].join('\n')
}

/** Of a stage that no rule let through: each, and why not. */
function ruleLines(stages: FoundDecision['decision']['stages']): string[] {
  const misses = stages.flatMap(({ rules = [] }) => rules)
  return misses.length === 0 ? [] : ['', indent(formatTable(misses))]
}

/** A failed handshake. */
export function handshakeWords({ source, handshake }: FoundHandshake, paint: Paint): string {
  const { at, address, serverName, clientCertificate, code, expected, found } = handshake
  return [
    paint('bold', `${new Date(at).toISOString()} ${code}`),
    `  from ${address} to ${printable(serverName ?? 'no host (the client sent no SNI)')}, at ${source}`,
    ...(clientCertificate === undefined ? [] : [`  clientCertificate: ${clientCertificate}`]),
    ...(expected === undefined ? [] : [`  expected  ${printable(expected)}`]),
    ...(found === undefined ? [] : [`  found     ${printable(found)}`]),
    ...(handshake.thumbprint === undefined ? [] : [`  certificate ${handshake.thumbprint}`]),
    ...reasonLines(code),
  ].join('\n')
}

function reasonLines(code: string | undefined): string[] {
  if (code === undefined || !isReasonCode(code)) return []
  const { title, fix } = reasonOf(code)
  return ['', `  ${title}`, `  fix  ${fix}`]
}

function indent(text: string): string {
  return text.replace(/^/gm, '  ')
}
