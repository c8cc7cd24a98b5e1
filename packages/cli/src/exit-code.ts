import type { ReasonCode } from '@sallyport/problem'
import type { ExitCode } from './command.ts'

/** Where the question was answered, and the answer is no. */
const answersOfNo: Partial<Record<ReasonCode, ExitCode>> = {
  not_found: 1,
  app_unknown: 1,
  status_final: 1,
  approval_decided: 1,
  audit_broken: 1,
  attestation_malformed: 1,
  attestation_too_large: 1,
  revocation_list_refused: 1,
  pins_refused: 1,
  pins_not_expressible: 1,
  command_usage: 2,
  message_malformed: 2,
}

/** The exit code of a command that ended with a problem: 3, could not be done, unless it is listed. */
export function exitCodeOf(code: ReasonCode): ExitCode {
  return answersOfNo[code] ?? 3
}
