import { configuredClient } from '../admin/configured-client.ts'
import type { Operation } from '../command.ts'
import { argument, isGiven, numberOption, textOption } from '../input.ts'

export const listWebhooks: Operation = async (input, output) => {
  const { webhooks } = await configuredClient(input).call('listWebhooks')
  if (output.json) output.result(webhooks, '')
  else {
    const rows = webhooks.map((webhook) => ({
      name: webhook.name,
      status: webhook.status,
      origin: webhook.origin ?? '-',
      events: webhook.events.join(' '),
      waitingRows: webhook.waitingRows,
      lastDelivered: webhook.lastDeliveredAt ?? 'never',
      why: webhook.disabledReason ?? webhook.lastError ?? '',
    }))
    output.table(rows, { empty: 'No webhook is configured: authority.webhooks' })
  }
  return 0
}

export const testWebhook: Operation = async (input, output) => {
  const name = argument(input, 0)
  const client = configuredClient(input)
  const tested = await client.call('testWebhook', { path: { name }, body: {} })
  const { outcome, status, why, tookMs } = tested
  const said = outcome === 'delivered' ? `HTTP status ${status}` : (why ?? 'no answer')
  output.result(tested, `${outcome}: ${said}, in ${tookMs} ms`)
  return outcome === 'delivered' ? 0 : 1
}

export const retryWebhook: Operation = async (input, output) => {
  const name = argument(input, 0)
  const after = numberOption(input, 'after', { least: 0, most: Number.MAX_SAFE_INTEGER })
  const chain = textOption(input, 'chain') ?? 'authority'
  const webhook = await configuredClient(input).call('retryWebhook', {
    path: { name },
    body: {
      reason: textOption(input, 'reason'),
      ...(after === undefined ? {} : { from: { chain, after } }),
    },
  })
  const said = after === undefined ? 'is tried again now' : `is sent again what came after ${after}`
  output.result(webhook, `${name} ${said}`)
  return 0
}

export const disableWebhook: Operation = async (input, output) => {
  const name = argument(input, 0)
  const body = { reason: textOption(input, 'reason') }
  const webhook = await configuredClient(input).call('disableWebhook', { path: { name }, body })
  output.result(webhook, `${name} is disabled`)
  output.say(`What happens waits until: sallyport webhooks enable ${name}`)
  return 0
}

export const enableWebhook: Operation = async (input, output) => {
  const name = argument(input, 0)
  const body = { reason: textOption(input, 'reason'), skip: isGiven(input, 'skip') }
  const webhook = await configuredClient(input).call('enableWebhook', { path: { name }, body })
  output.result(webhook, `${name} is active; rows that wait: ${webhook.waitingRows}`)
  return 0
}
