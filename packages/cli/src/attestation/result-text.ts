import type { AttestationCheck, AttestationResult, CheckOutcome } from '@sallyport/attestation'
import { isReasonCode, reasonOf } from '@sallyport/problem'
import type { Output } from '../terminal/output.ts'
import { printable } from '../terminal/printable.ts'

type Paint = Output['paint']

const marks = {
  passed: { mark: '✓', style: 'green' },
  failed: { mark: '✗', style: 'red' },
  unchecked: { mark: '–', style: 'dim' },
} as const satisfies Record<CheckOutcome, { mark: string; style: Parameters<Paint>[0] }>

/** What `--json` prints: neither more nor less. */
export function resultMessage(result: AttestationResult) {
  const { format, accepted, assurance, development, checks, claims } = result
  return { format, accepted, assurance, ...(development ? { development } : {}), checks, claims }
}

/** An attestation result for a person: the verdict, and each check below it. */
export function resultText(result: AttestationResult, paint: Paint): string {
  return [verdictText(result, paint), '', checksText(result.checks, paint)].join('\n')
}

/** What to do after a verdict. `file` as a shell takes it. */
export function nextWords({ accepted, checks }: AttestationResult, file: string): string {
  if (!accepted) {
    const isOutOfDate = checks.some(({ code }) => code === 'attestation_certificate_expired')
    return [
      ...(isOutOfDate ? ['To verify evidence as of when it was made: --at'] : []),
      `Everything that was parsed: sallyport attestation show ${file}`,
    ].join('\n')
  }
  const open = checks.filter(({ outcome }) => outcome === 'unchecked').map(({ name }) => name)
  if (open.length === 0) return 'Everything was checked'
  return `Unchecked, as nothing asks for it: ${open.join(', ')}. What can be asked for: sallyport attestation verify --help`
}

function verdictText(result: AttestationResult, paint: Paint): string {
  const { format, accepted, assurance, development, checks } = result
  const verdict = accepted
    ? paint('green', `Accepted: ${format}, assurance ${assurance}`)
    : paint('red', `Refused: ${firstCode(checks)}`)
  return [
    verdict,
    ...(accepted ? [] : [`  ${format}, assurance ${assurance}`]),
    ...(development
      ? ['  It ends at a development root: it proves nothing outside development']
      : []),
  ].join('\n')
}

function firstCode(checks: readonly AttestationCheck[]): string {
  return checks.find(({ outcome }) => outcome === 'failed')?.code ?? 'no check failed'
}

/** A check as an authority tells it, which may know codes that we do not. */
type ToldCheck = Omit<AttestationCheck, 'code'> & { readonly code: string | null }

/** Each check on a line; of a failed one what was expected, what was found and the fix. */
export function checksText(checks: readonly ToldCheck[], paint: Paint): string {
  const width = Math.max(0, ...checks.map(({ name }) => name.length))
  return checks.flatMap((check) => checkLines(check, width, paint)).join('\n')
}

function checkLines(check: ToldCheck, width: number, paint: Paint): string[] {
  const { name, outcome, code, expected, found } = check
  const { mark, style } = marks[outcome]
  const sign = paint(style, mark)
  if (outcome === 'failed') {
    return [
      `  ${sign} ${name.padEnd(width)}  ${printable(code ?? '')}`,
      `      expected  ${printable(expected)}`,
      `      found     ${printable(found)}`,
      ...(code !== null && isReasonCode(code) ? [`      fix       ${reasonOf(code).fix}`] : []),
    ]
  }
  return [`  ${sign} ${name.padEnd(width)}  ${paint('dim', printable(toldOf(check)))}`]
}

/** What was found, and what was expected where that says more. */
function toldOf({ outcome, expected, found }: ToldCheck): string {
  if (expected === '' || expected === found) return found
  return outcome === 'passed' ? `${found} (${expected})` : `${expected}; ${found}`
}
