import type { AdminBlock } from '@sallyport/authority'
import { configuredClient } from '../admin/configured-client.ts'
import { awaitReceipts, receiptWords } from '../admin/gateway-receipts.ts'
import type { Operation } from '../command.ts'
import { textOption } from '../input.ts'
import { momentWords } from '../terminal/span.ts'

export const listBlocks: Operation = async (input, output) => {
  const client = configuredClient(input)
  const { blocks } = await client.call('listBlocks')
  if (output.json) output.result(blocks, '')
  else output.table(blocks.map(rowOf), { empty: 'No gateway blocks an address now' })
  return 0
}

function rowOf({ network, gateway, why, until }: AdminBlock) {
  return { network, gateway, why, ends: momentWords(Date.parse(until), Date.now()) }
}

const members = ['address', 'account', 'user', 'device', 'provider', 'issuer', 'reason'] as const

export const liftBlocks: Operation = async (input, output) => {
  const client = configuredClient(input)
  const given = members.flatMap((name) => {
    const value = textOption(input, name)
    return value === undefined ? [] : [[name, value] as const]
  })
  const lifted = await client.call('lift', { body: Object.fromEntries(given) })
  const gateways = await awaitReceipts(client, lifted.seq)
  const told = gateways.filter(({ state }) => state === 'applied')
  output.result({ ...lifted, gateways }, () =>
    [
      `Lifted: ${lifted.subject}`,
      ...gateways
        .filter(({ state }) => state !== 'applied')
        .map((receipt) => `  ${receiptWords(receipt, Date.now())}`),
    ].join('\n'),
  )
  output.say(
    told.length === gateways.length
      ? `In force at all workers of ${told.length} gateways`
      : `In force at ${told.length} of ${gateways.length} gateways. A silent one does it when it is heard again`,
  )
  return 0
}
