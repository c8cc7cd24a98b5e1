import { Problem } from '@sallyport/problem'
import { actorOf } from '../../admin/admin-guard.ts'
import type { SecondPerson } from '../../admin/proposals/second-person.ts'
import type { Authority } from '../../authority.ts'
import type { Kysely } from 'kysely'
import type { Tables, WebhookRow } from '../../store/tables.ts'
import { testWebhook } from '../../webhooks/test-webhook.ts'
import {
  disableWebhook,
  enableWebhook,
  isLongRewind,
  retryWebhook,
  type WebhookOrder,
} from '../../webhooks/webhook-orders.ts'
import type { Api } from '../api-server.ts'
import { problems } from '../problem-schema.ts'
import { Reason } from './messages.ts'
import { presentProposal } from './present-proposal.ts'
import { presentWebhook } from './present-webhook.ts'
import { Proposed } from './proposal-messages.ts'
import {
  AdminWebhook,
  EnableWebhook,
  RetryWebhook,
  WebhookList,
  WebhookParams,
  WebhookTested,
} from './webhook-messages.ts'
import Type from 'typebox'

const tags = ['webhooks']
const answers = { 200: AdminWebhook, ...problems(400, 401, 403, 404, 429, 503) }

/** Receivers of events. Which there are says the configuration alone. */
export function webhookRoutes(api: Api, authority: Authority, second: SecondPerson): void {
  const { store, lanes, now } = authority
  const testing = new Set<string>()
  const change = (write: (tx: Kysely<Tables>) => Promise<WebhookRow>) =>
    lanes.run('admin', async () => presentWebhook(authority, await store.write(write)))
  const orderOf = (
    request: Parameters<typeof actorOf>[0] & {
      params: { name: string }
      body: { reason?: string | undefined }
    },
  ): WebhookOrder => ({
    name: request.params.name,
    reason: request.body.reason ?? null,
    actor: actorOf(request),
    now: now(),
  })

  api.get(
    '/webhooks',
    {
      config: { role: 'viewer' },
      schema: {
        tags,
        operationId: 'listWebhooks',
        summary: 'Receivers of events, how far each was told, and why one is called no more',
        response: { 200: WebhookList, ...problems(401, 403, 429) },
      },
    },
    async () => {
      const rows = await store.read.selectFrom('webhooks').selectAll().orderBy('name').execute()
      return { webhooks: await Promise.all(rows.map((row) => presentWebhook(authority, row))) }
    },
  )

  api.post(
    '/webhooks/:name/test',
    {
      config: { role: 'operator', verb: 'operate' },
      schema: {
        tags,
        operationId: 'testWebhook',
        summary: 'Sends a receiver an event of type webhook.test, now and once',
        params: WebhookParams,
        body: Type.Object({}, { additionalProperties: false }),
        response: { 200: WebhookTested, ...problems(400, 401, 403, 404, 429, 503) },
      },
    },
    // A receiver may take its time: it keeps no operator from revoking.
    async ({ params: { name } }) => {
      if (testing.has(name)) {
        const expected = 'one test of a receiver at a time'
        throw new Problem('authority_busy', { expected, found: 'another', retryAfterSeconds: 5 })
      }
      testing.add(name)
      try {
        const attempt = await testWebhook(authority, name)
        const { outcome, status = null, tookMs } = attempt
        return { outcome, status, why: 'why' in attempt ? attempt.why : null, tookMs }
      } finally {
        testing.delete(name)
      }
    },
  )

  api.post(
    '/webhooks/:name/retry',
    {
      config: { role: 'operator', verb: 'operate' },
      schema: {
        tags,
        operationId: 'retryWebhook',
        summary: 'Tries a receiver again at once, and sends again what came after a row',
        params: WebhookParams,
        body: RetryWebhook,
        response: { ...answers, 202: Proposed },
      },
    },
    async (request, reply) => {
      const { from } = request.body
      const { name } = request.params
      if (from !== undefined && !second.isEnough(request)) {
        if (await isLongRewind(store.read, name, from)) {
          const why = 'what happens now would be told after all that was told before'
          const proposal = await second.propose(request, reply, why)
          return { proposal: presentProposal(proposal, now()) }
        }
      }
      return change((tx) => retryWebhook(tx, orderOf(request), from))
    },
  )

  api.post(
    '/webhooks/:name/disable',
    {
      // Whoever means harm has those who watch hear nothing of it, first.
      config: { role: 'admin', verb: 'operate', agreement: 'always' },
      schema: {
        tags,
        operationId: 'disableWebhook',
        summary: 'Sends a receiver nothing more; what happens meanwhile waits',
        params: WebhookParams,
        body: Reason,
        response: answers,
      },
    },
    (request) => change((tx) => disableWebhook(tx, orderOf(request))),
  )

  api.post(
    '/webhooks/:name/enable',
    {
      config: { role: 'admin', verb: 'operate' },
      schema: {
        tags,
        operationId: 'enableWebhook',
        summary: 'Sends a receiver events again, from where it stopped',
        params: WebhookParams,
        body: EnableWebhook,
        response: { ...answers, 202: Proposed },
      },
    },
    async (request, reply) => {
      const skip = request.body.skip === true
      if (skip && !second.isEnough(request)) {
        const why = 'what waits would be told to nobody'
        const proposal = await second.propose(request, reply, why)
        return { proposal: presentProposal(proposal, now()) }
      }
      return change((tx) => enableWebhook(tx, orderOf(request), { skip }))
    },
  )
}
