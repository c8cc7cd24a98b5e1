import type { AttestationStatus } from '@sallyport/authority'
import type { AdminClient } from '../admin/admin-client.ts'
import { configuredClient } from '../admin/configured-client.ts'
import { reportAdvice, reportText } from '../attestation/report-text.ts'
import { type ListedDevices, statusText } from '../attestation/status-text.ts'
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
  const report = await configuredClient(input).call('getAttestationReport', { query })
  output.result(report, () => reportText(report, output.paint))
  output.say(reportAdvice(report))
  return 0
}

export const showAttestationStatus: Operation = async (input, output) => {
  const client = configuredClient(input)
  const status = isGiven(input, 'refresh')
    ? await client.call('refreshAttestation')
    : await client.call('getAttestationStatus')
  return tellStatus(client, status, output)
}

export const acceptStatusList: Operation = async (input, output) => {
  const client = configuredClient(input)
  const { statusList } = await client.call('getAttestationStatus')
  const { doubted } = statusList
  if (doubted === null) {
    output.say('No status list waits to be accepted: the authority believes the one it has')
    return 1
  }
  const { sha256, entries, fetchedAt } = doubted
  const now = statusList.entries ?? 0
  const question = `Take up the status list ${sha256} of ${fetchedAt}, with ${entries} entries in place of ${now}? Devices that it names are handled by policy at once.`
  if (!(await confirmed(input, output, question))) return 1
  const taken = await client.call('acceptStatusList', { body: { sha256 } })
  return tellStatus(client, taken, output)
}

/** Exit code 1 where something is wrong with what apps ask for. */
async function tellStatus(
  client: AdminClient,
  status: AttestationStatus,
  output: Output,
): Promise<ExitCode> {
  const { needed, problems, statusList, devices } = status
  const told = { ...status, listedDevices: await listedDevices(client, devices) }
  output.result(told, () => statusText(told, output.paint, Date.now()))
  const more = devices.listed + devices.lifted - told.listedDevices.length
  if (more > 0) output.say(`${more} further devices: GET ${base}/listed-devices`)
  if (statusList.doubted !== null) {
    output.say('If the list that is not believed is right: sallyport attestation accept-list')
  }
  return needed && problems.length > 0 ? 1 : 0
}

/** More than a person reads at once are the admin API's to tell. */
const maxListed = 20

/** The first of those whose key is on the list, then of those whose key was. */
async function listedDevices(
  client: AdminClient,
  counts: AttestationStatus['devices'],
): Promise<ListedDevices> {
  const told: ListedDevices = []
  for (const state of ['listed', 'lifted'] as const) {
    const limit = maxListed - told.length
    if (counts[state] === 0 || limit === 0) continue
    const query = { state, limit }
    const page = await client.call('listListedDevices', { query })
    told.push(...page.devices)
  }
  return told
}
