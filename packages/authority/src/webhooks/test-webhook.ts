import { randomUUID } from 'node:crypto'
import { Problem } from '@sallyport/problem'
import type { Authority } from '../authority.ts'
import { type Attempt, sendMessage } from './send-message.ts'
import { testEvent } from './webhook-event.ts'

/**
 * Sends a receiver an event that is of nothing, at once and one time, whether or not it is disabled.
 *
 * @throws Problem `not_found` where the configuration names none like it
 */
export async function testWebhook(
  { webhooks, config, now }: Pick<Authority, 'webhooks' | 'config' | 'now'>,
  name: string,
): Promise<Attempt & { tookMs: number }> {
  const target = webhooks.get(name)
  if (target === undefined) {
    throw new Problem('not_found', { detail: `The configuration has no webhook ${name}` })
  }
  const event = testEvent(randomUUID(), { chain: config.authority.name, now: now() })
  const startedAt = performance.now()
  const signal = new AbortController().signal
  const attempt = await sendMessage(target, event, { now: now(), signal })
  return { ...attempt, tookMs: Math.round(performance.now() - startedAt) }
}
