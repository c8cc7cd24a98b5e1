import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pino from 'pino'
import type { Static } from 'typebox'
import type { AdminWebhook } from '../../src/api/admin/webhook-messages.ts'
import { movableClock } from '../fixture/clock.ts'
import { deploy } from '../fixture/deployment.ts'
import { type ReceivedEvent, startReceiver } from '../fixture/event-receiver.ts'

export const secretOf = (byte: number) => `whsec_${Buffer.alloc(32, byte).toString('base64')}`
/** Receivers, each for what it is called. */
export type WebhookName =
  | 'all'
  | 'tokens'
  | 'other'
  | 'failing'
  | 'slow'
  | 'gone'
  | 'moved'
  | 'endless'
  | 'closing'
  | 'choosy'
  | 'pressed'
  | 'last'
  | 'silent'
  | 'refuser'
type ShownWebhook = Static<typeof AdminWebhook>

export const labelled = (label: string) => (events: readonly ReceivedEvent[]) =>
  events.some(({ event }) => event.data.after?.['label'] === label)

export const ofLabel = (events: readonly ReceivedEvent[], label: string) =>
  events.filter(({ event }) => event.data.after?.['label'] === label)

/** An authority that sends a receiver what happens, at an address of its own for each, and what is done and seen of that. */
export async function startWebhookSite() {
  const clock = movableClock()
  const receiver = await startReceiver()
  let log = ''
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-hooks-'))
  writeFileSync(path.join(directory, 'hook.key'), secretOf(1), { mode: 0o600 })
  writeFileSync(path.join(directory, 'next.key'), secretOf(2), { mode: 0o600 })
  const hook = (name: WebhookName, more = "events: ['*']") =>
    `    ${name}: { url: '${receiver.url}/${name}?key=query-secret', secretFile: hook.key, insecurePlaintext: true, ${more} }`
  const hooks = [
    hook('all', "events: ['*'], nextSecretFile: next.key"),
    hook('tokens', 'events: [enrollment-token.*, admin-token.revoked], apps: [wallet]'),
    hook('other', 'events: [device.revoked]'),
    hook('failing', 'events: [enrollment-token.created]'),
    hook('slow', "events: ['*'], timeoutSeconds: 1"),
    hook('gone', 'events: [enrollment-token.created]'),
    hook('moved', 'events: [enrollment-token.created]'),
    hook('endless', 'events: [enrollment-token.created]'),
    hook('closing', 'events: [enrollment-token.created]'),
    hook('choosy', 'events: [enrollment-token.created]'),
    hook('pressed', 'events: [enrollment-token.created]'),
    hook('last', 'events: [enrollment-token.created]'),
    hook('silent', 'events: [enrollment-token.created]'),
    hook('refuser', 'events: [enrollment-token.created, webhook.event-skipped]'),
  ]
  receiver.answer('/slow', () => undefined)
  const stream = { write: (line: string) => void (log += line) }
  const deployment = await deploy({
    directory,
    now: clock.now,
    log: pino({ level: 'trace' }, stream),
    authority: `  webhooks:\n${hooks.join('\n')}`,
  })
  /** Something happens. @returns the id of a token */
  async function happen(label = 'x'): Promise<string> {
    const body = { appId: 'wallet', label }
    const answer = await deployment.admin('/admin/v1/enrollment-tokens', { body })
    assert.equal(answer.status, 201, answer.text)
    return answer.body.enrollmentToken?.id ?? answer.body.id
  }
  /** A receiver has all that happened before: the second of two is of a later batch than the first. */
  async function settle(name: WebhookName): Promise<void> {
    for (const part of ['first', 'second']) {
      const label = `settled ${randomUUID()} ${part}`
      await happen(label)
      await receiver.until(`/${name}`, labelled(label))
    }
  }
  const show = async (name: WebhookName): Promise<ShownWebhook> => {
    const { body } = await deployment.admin('/admin/v1/webhooks')
    return body.webhooks.find((one: { name: string }) => one.name === name)
  }
  const say = (name: WebhookName, verb: string, body: object = {}) =>
    deployment.admin(`/admin/v1/webhooks/${name}/${verb}`, { body })
  async function showUntil(
    name: WebhookName,
    isSo: (shown: ShownWebhook) => boolean,
  ): Promise<ShownWebhook> {
    for (let tries = 0; tries < 1_200; tries++) {
      const shown = await show(name)
      if (isSo(shown)) return shown
      await sleep(50)
    }
    return assert.fail(JSON.stringify(await show(name)))
  }

  return {
    clock,
    receiver,
    deployment,
    /** All lines of the log until now. */
    logged: () => log,
    happen,
    settle,
    show,
    showUntil,
    say,
    close: async () => {
      await deployment.close()
      await receiver.close()
    },
  }
}
