import type { AttestationReport, AttestationStatus } from '@sallyport/authority'
import { configuredClient } from '../admin/configured-client.ts'
import { reportAdvice, reportText } from '../attestation/report-text.ts'
import { statusText } from '../attestation/status-text.ts'
import type { ExitCode, Operation } from '../command.ts'
import { choiceOption, isGiven, numberOption, textOption } from '../input.ts'
import { confirmed } from '../terminal/confirm.ts'
import type { Output } from '../terminal/output.ts'

const base = '/admin/v1/attestation'

export const reportAttestation: Operation = async (input, output) => {
  const query = {
    appId: textOption(input, 'app'),
    days: numberOption(input, 'days', { least: 1, most: 90 }),
    purpose: choiceOption(input, 'purpose', ['enroll', 'renew']),
    top: numberOption(input, 'top', { least: 1, most: 200 }),
  }
  const report = await configuredClient(input).get<AttestationReport>(`${base}/report`, query)
  output.result(report, () => reportText(report, output.paint))
  output.say(reportAdvice(report))
  return 0
}

export const showAttestationStatus: Operation = async (input, output) => {
  const client = configuredClient(input)
  const status = isGiven(input, 'refresh')
    ? await client.post<AttestationStatus>(`${base}/refresh`)
    : await client.get<AttestationStatus>(`${base}/status`)
  return tellStatus(status, output)
}

export const acceptStatusList: Operation = async (input, output) => {
  const client = configuredClient(input)
  const { statusList } = await client.get<AttestationStatus>(`${base}/status`)
  const { doubted } = statusList
  if (doubted === null) {
    output.say('No status list waits to be accepted: the authority believes the one it has')
    return 1
  }
  const { sha256, entries, fetchedAt } = doubted
  const now = statusList.entries ?? 0
  const question = `Take up the status list ${sha256} of ${fetchedAt}, with ${entries} entries in place of ${now}? Devices that it names are handled by policy at once.`
  if (!(await confirmed(input, output, question))) {
    output.say('Nothing was changed')
    return 1
  }
  const path = `${base}/status-list/accept`
  return tellStatus(await client.post<AttestationStatus>(path, { sha256 }), output)
}

/** Exit code 1 where something is wrong with what apps ask for. */
function tellStatus(status: AttestationStatus, output: Output): ExitCode {
  const { needed, problems, statusList } = status
  output.result(status, () => statusText(status, output.paint, Date.now()))
  if (statusList.doubted !== null) {
    output.say('If the list that is not believed is right: sallyport attestation accept-list')
  }
  return needed && problems.length > 0 ? 1 : 0
}
