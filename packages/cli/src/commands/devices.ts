import type {
  AdminAppraisal,
  AdminDevice,
  AppraisedEvidence,
  DeviceDetail,
} from '@sallyport/authority'
import { deviceStatuses } from '@sallyport/wire'
import type { AdminClient } from '../admin/admin-client.ts'
import { configuredClient } from '../admin/configured-client.ts'
import { pageOf, printList } from '../admin/print-list.ts'
import { awaitReceipts, receiptWords } from '../admin/gateway-receipts.ts'
import { appraisalText } from '../attestation/appraisal-text.ts'
import type { ExitCode, Operation } from '../command.ts'
import { modes, writeFileAtomically } from '../files/write-file.ts'
import { argument, choiceOption, isGiven, textOption } from '../input.ts'
import { confirmed } from '../terminal/confirm.ts'
import { formatFacts } from '../terminal/facts.ts'
import type { Output } from '../terminal/output.ts'
import { jsonText } from '../terminal/json-text.ts'
import { printable } from '../terminal/printable.ts'
import { shellLine } from '../terminal/shell.ts'
import { momentWords } from '../terminal/span.ts'
import { formatTable } from '../terminal/table.ts'

export const listDevices: Operation = async (input, output) => {
  const client = configuredClient(input)
  const filter = {
    status: choiceOption(input, 'status', deviceStatuses),
    appId: textOption(input, 'app'),
    userSubject: textOption(input, 'user'),
  }
  const read = async (limit: number, cursor: string | undefined) => {
    const page = await client.call('listDevices', { query: { ...filter, cursor, limit } })
    return pageOf(page.devices, page)
  }
  if (isGiven(input, 'ids')) {
    const readIds = async (limit: number, cursor: string | undefined) => {
      const { rows, next } = await read(limit, cursor)
      return { rows: rows.map(({ id }) => id), next }
    }
    await printList(input, output, { read: readIds, shown: (id) => id, empty: '' })
  } else {
    const empty = 'There is no such device'
    await printList(input, output, { read, shown: deviceRow, empty })
  }
  return 0
}

function deviceRow(device: AdminDevice) {
  const { id, appId, status, assurance, platform, appVersion, enrolledAt } = device
  const enrolled = momentWords(Date.parse(enrolledAt), Date.now())
  return { id, app: appId, status, assurance, platform, version: appVersion, enrolled }
}

export const showDevice: Operation = async (input, output) => {
  const client = configuredClient(input)
  const detail = await client.call('getDevice', { path: { id: argument(input, 0) } })
  const { evidence } = input.options
  if (evidence !== undefined) {
    return await showEvidence(
      client,
      detail,
      typeof evidence === 'string' ? evidence : undefined,
      output,
    )
  }
  output.result(detail, () => deviceText(detail, output.paint))
  return 0
}

/** What the phone sent, to stdout or a file. It holds no secret, but serial numbers of phones may be in it. */
async function showEvidence(
  client: AdminClient,
  { device, appraisal }: DeviceDetail,
  file: string | undefined,
  output: Output,
): Promise<ExitCode> {
  if (appraisal?.hasEvidence !== true) {
    output.say(`No evidence is kept of ${device.id}`)
    return 1
  }
  const sent = await client.call('getEvidence', { path: { id: appraisal.id } })
  const text = jsonText(sent, 2)
  if (file === undefined) {
    output.result(sent, text)
  } else {
    writeFileAtomically(file, `${text}\n`, modes.secret)
    output.result({ file }, file)
  }
  const { verifiers } = await import('../attestation/verifiers.ts')
  if (verifiers.some(({ format }) => format === appraisal.format)) {
    output.say(`Verify it again: ${verifyLine(appraisal, sent, file ?? '-')}`)
  }
  return 0
}

function verifyLine(
  { format, at, appId }: AdminAppraisal,
  sent: AppraisedEvidence,
  file: string,
): string {
  const { challenge, spki } = sent
  const asked = ['--at', at, '--challenge', `base64:${challenge}`, '--spki', spki]
  return shellLine(
    'sallyport',
    'attestation',
    'verify',
    file,
    '--format',
    format,
    '--app',
    appId,
    ...asked,
  )
}

function deviceText(
  { device, appraisal, appAttestKey, certificates }: DeviceDetail,
  paint: Output['paint'],
): string {
  const { shadow, provenFacts, ...facts } = device
  const rows = certificates.map(({ serial, status, notBefore, notAfter, usedAt, thumbprint }) => {
    return { serial, status, notBefore, notAfter, usedAt, thumbprint }
  })
  return [
    formatFacts({ ...facts, provenFacts: provenFacts.join(', ') || 'none' }),
    rows.length === 0 ? 'It holds no certificate' : formatTable(rows),
    appraisal === null ? 'No evidence was ever asked for' : appraisalText(appraisal, paint),
    ...(appAttestKey === null
      ? []
      : [`${paint('bold', 'App Attest key')}\n${formatFacts(appAttestKey)}`]),
    ...(shadow.length === 0 ? [] : [shadowText(shadow)]),
  ].join('\n\n')
}

function shadowText(shadow: AdminDevice['shadow']): string {
  const findings = shadow.map(({ check, code, expected, found }) => {
    return `  ${check} (${code}): expected ${printable(expected)}, found ${printable(found)}`
  })
  return ['Let pass in shadow mode:', ...findings].join('\n')
}

type Verb = {
  operation: 'suspendDevice' | 'resumeDevice' | 'revokeDevice'
  question?: string
  done: string
  next: string
}

export const suspendDevice = changeStatus({
  operation: 'suspendDevice',
  done: 'is suspended',
  next: 'Lift it with: sallyport devices resume',
})
export const resumeDevice = changeStatus({
  operation: 'resumeDevice',
  done: 'is active again',
  next: 'Its next request is let through',
})
export const revokeDevice = changeStatus({
  operation: 'revokeDevice',
  question: 'Revocation is final: the phone can come back only by enrolling again.',
  done: 'is revoked',
  next: 'The phone can come back only by enrolling again, as another device',
})

function changeStatus(verb: Verb): Operation {
  return async (input, output) => {
    const id = argument(input, 0)
    const question = verb.question === undefined ? undefined : `Revoke ${id}? ${verb.question}`
    if (question !== undefined && !(await confirmed(input, output, question))) return 1
    const client = configuredClient(input)
    const reason = textOption(input, 'reason')
    const { device, seq } = await client.call(verb.operation, { path: { id }, body: { reason } })
    const gateways = await awaitReceipts(client, seq)
    output.result({ device, seq, gateways }, () =>
      [
        `${device.id} ${verb.done}`,
        ...gateways.map((receipt) => `  ${receiptWords(receipt, Date.now())}`),
      ].join('\n'),
    )
    if (gateways.length === 0) output.say('No gateway has ever reported to this authority')
    if (gateways.some(({ state }) => state === 'silent')) {
      output.say('A silent gateway goes on deciding by what it heard last, until it is heard again')
    }
    output.say(verb.next)
    return 0
  }
}
