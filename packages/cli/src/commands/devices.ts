import type { AdminDevice, DeviceChange, DeviceDetail, DevicePage } from '@sallyport/authority'
import { deviceStatuses } from '@sallyport/wire'
import type { AdminClient } from '../admin/admin-client.ts'
import { configuredClient } from '../admin/configured-client.ts'
import { awaitReceipts, receiptWords } from '../admin/gateway-receipts.ts'
import type { Input, Operation } from '../command.ts'
import { argument, choiceOption, isGiven, numberOption, textOption } from '../input.ts'
import { confirmed } from '../terminal/confirm.ts'
import { formatFacts } from '../terminal/facts.ts'
import { printable } from '../terminal/printable.ts'
import { momentWords } from '../terminal/span.ts'
import { formatTable } from '../terminal/table.ts'

const pageSize = 1_000
const usualLimit = 100

export const listDevices: Operation = async (input, output) => {
  const client = configuredClient(input)
  const limit = numberOption(input, 'limit', { least: 1, most: 1_000_000 }) ?? usualLimit
  const { devices, isMore } = await readDevices(client, input, limit)
  if (isGiven(input, 'ids')) {
    const ids = devices.map(({ id }) => id)
    output.result(ids, ids.join('\n'))
  } else if (output.json) {
    output.result(devices, '')
  } else {
    output.table(devices.map(deviceRow), { empty: 'There is no such device' })
  }
  if (isMore) output.say(`There are more: --limit ${limit * 10}`)
  return 0
}

async function readDevices(
  client: AdminClient,
  input: Input,
  limit: number,
): Promise<{ devices: AdminDevice[]; isMore: boolean }> {
  const filter = {
    status: choiceOption(input, 'status', deviceStatuses),
    appId: textOption(input, 'app'),
  }
  const devices: AdminDevice[] = []
  let cursor: string | undefined
  do {
    const wanted = Math.min(pageSize, limit - devices.length)
    const query = { ...filter, cursor, limit: wanted }
    const page = await client.get<DevicePage>('/admin/v1/devices', query)
    devices.push(...page.devices)
    cursor = page.nextCursor
  } while (cursor !== undefined && devices.length < limit)
  return { devices, isMore: cursor !== undefined }
}

function deviceRow(device: AdminDevice) {
  const { id, appId, status, assurance, platform, appVersion, enrolledAt } = device
  const enrolled = momentWords(Date.parse(enrolledAt), Date.now())
  return { id, app: appId, status, assurance, platform, version: appVersion, enrolled }
}

export const showDevice: Operation = async (input, output) => {
  const client = configuredClient(input)
  const id = encodeURIComponent(argument(input, 0))
  const detail = await client.get<DeviceDetail>(`/admin/v1/devices/${id}`)
  output.result(detail, () => deviceText(detail))
  return 0
}

function deviceText({ device, certificates }: DeviceDetail): string {
  const { shadow, ...facts } = device
  const rows = certificates.map(({ serial, status, notBefore, notAfter, usedAt, thumbprint }) => {
    return { serial, status, notBefore, notAfter, usedAt, thumbprint }
  })
  const findings = shadow.map(({ check, code, expected, found }) => {
    return `  ${check} (${code}): expected ${printable(expected)}, found ${printable(found)}`
  })
  return [
    formatFacts(facts),
    '',
    rows.length === 0 ? 'It holds no certificate' : formatTable(rows),
    ...(findings.length === 0 ? [] : ['', 'Let pass in shadow mode:', ...findings]),
  ].join('\n')
}

type Verb = { path: 'suspend' | 'resume' | 'revoke'; question?: string; done: string; next: string }

export const suspendDevice = changeStatus({
  path: 'suspend',
  done: 'is suspended',
  next: 'Lift it with: sallyport devices resume',
})
export const resumeDevice = changeStatus({
  path: 'resume',
  done: 'is active again',
  next: 'Its next request is let through',
})
export const revokeDevice = changeStatus({
  path: 'revoke',
  question: 'Revocation is final: the phone can come back only by enrolling again.',
  done: 'is revoked',
  next: 'The phone can come back only by enrolling again, as another device',
})

function changeStatus(verb: Verb): Operation {
  return async (input, output) => {
    const id = argument(input, 0)
    const question = verb.question === undefined ? undefined : `Revoke ${id}? ${verb.question}`
    if (question !== undefined && !(await confirmed(input, output, question))) {
      output.say('Nothing was changed')
      return 1
    }
    const client = configuredClient(input)
    const reason = textOption(input, 'reason')
    const body = reason === undefined ? {} : { reason }
    const path = `/admin/v1/devices/${encodeURIComponent(id)}/${verb.path}`
    const { device, seq } = await client.post<DeviceChange>(path, body)
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
