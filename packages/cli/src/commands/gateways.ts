import type { AdminGateway } from '@sallyport/authority'
import { configuredClient } from '../admin/configured-client.ts'
import type { Operation } from '../command.ts'
import { argument, textOption } from '../input.ts'
import { confirmed } from '../terminal/confirm.ts'
import { momentWords } from '../terminal/span.ts'

export const listGateways: Operation = async (input, output) => {
  const client = configuredClient(input)
  const { gateways } = await client.get<{ gateways: AdminGateway[] }>('/admin/v1/gateways')
  if (output.json) output.result(gateways, '')
  else output.table(gateways.map(gatewayRow), { empty: 'No gateway has reported yet' })
  return 0
}

function gatewayRow({ name, status, lastSeenAt, behind, version, dropped }: AdminGateway) {
  const seen = lastSeenAt === null ? 'never' : momentWords(Date.parse(lastSeenAt), Date.now())
  return { name, status, seen, changesBehind: behind, version, recordsDropped: dropped }
}

export const revokeGateway: Operation = async (input, output) => {
  const name = argument(input, 0)
  const question = `Revoke gateway ${name}? It is not answered any more, and stops serving when its snapshot is too old.`
  if (!(await confirmed(input, output, question))) {
    output.say('Nothing was changed')
    return 1
  }
  const client = configuredClient(input)
  const reason = textOption(input, 'reason')
  const path = `/admin/v1/gateways/${encodeURIComponent(name)}/revoke`
  const gateway = await client.post<AdminGateway>(path, reason === undefined ? {} : { reason })
  output.result(gateway, `${gateway.name} is ${gateway.status}`)
  output.say('End its process as well: until status.stopAfterSeconds it decides by its snapshot')
  return 0
}
