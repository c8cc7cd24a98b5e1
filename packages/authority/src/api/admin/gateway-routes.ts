import type { FastifyRequest } from 'fastify'
import type { Kysely } from 'kysely'
import Type from 'typebox'
import { actorOf } from '../../admin/admin-guard.ts'
import type { SecondPerson } from '../../admin/proposals/second-person.ts'
import type { Authority } from '../../authority.ts'
import { feedHead } from '../../feed/append-change.ts'
import { revokeGateway } from '../../gateways/gateways.ts'
import { whyOutage } from '../../gateways/outage.ts'
import { appliedAges, receiptsOf } from '../../gateways/receipts.ts'
import type { Tables } from '../../store/tables.ts'
import type { Api } from '../api-server.ts'
import { problems } from '../problem-schema.ts'
import { AdminGateway, ReceiptList, RevokeGateway } from './messages.ts'
import { presentProposal } from './present-proposal.ts'
import { presentGateway, time } from './present.ts'
import { Proposed } from './proposal-messages.ts'

const tags = ['gateways']
const NameParams = Type.Object({ name: Type.String({ maxLength: 63 }) })
const SeqParams = Type.Object({ seq: Type.Integer({ minimum: 1 }) })

export function gatewayRoutes(api: Api, authority: Authority, second: SecondPerson): void {
  const { store, lanes, now } = authority

  api.get(
    '/gateways',
    {
      config: { role: 'viewer', app: 'shared' },
      schema: {
        tags,
        operationId: 'listGateways',
        summary: 'Gateways, and how far each has followed the feed',
        response: {
          200: Type.Object({ gateways: Type.Array(AdminGateway) }),
          ...problems(401, 403, 429),
        },
      },
    },
    async () => {
      const seq = await feedHead(store.read)
      const rows = await store.read.selectFrom('gateways').selectAll().orderBy('name').execute()
      const gateways = rows.map(async (row) =>
        presentGateway(row, seq, await appliedAges(store.read, row.name)),
      )
      return { gateways: await Promise.all(gateways) }
    },
  )

  api.post(
    '/gateways/:name/revoke',
    {
      config: { role: 'operator', verb: 'operate' },
      schema: {
        tags,
        operationId: 'revokeGateway',
        summary: 'Revokes a gateway: it is told to refuse everything, and is not answered any more',
        params: NameParams,
        body: RevokeGateway,
        response: { 200: AdminGateway, 202: Proposed, ...problems(400, 401, 403, 404, 429, 503) },
      },
    },
    async (request, reply) => {
      const { name } = request.params
      const { reason, unknown: isUnknown } = request.body
      const order = { name, isUnknown, reason, actor: actorOf(request), now: now() }
      const revoked = await lanes.run('admin', () =>
        store.write(async (tx) => (await whyForTwo(tx, request, name)) ?? revokeGateway(tx, order)),
      )
      if (typeof revoked === 'string') {
        const proposal = await second.propose(request, reply, revoked)
        return { proposal: presentProposal(proposal, now()) }
      }
      await authority.feed.endGateway(name)
      const seq = await feedHead(store.read)
      return presentGateway(revoked, seq, await appliedAges(store.read, name))
    },
  )

  /** An outage is for two, and so are many changes of status in an hour, of which this is one. */
  async function whyForTwo(
    tx: Kysely<Tables>,
    request: FastifyRequest,
    name: string,
  ): Promise<string | undefined> {
    if (second.isEnough(request)) return undefined
    const why = await whyOutage(tx, { name, now: now() })
    return why ?? second.needs(tx, request, { isRevocation: true })
  }

  api.get(
    '/changes/:seq/receipts',
    {
      config: { role: 'viewer', app: 'change' },
      schema: {
        tags,
        operationId: 'listReceipts',
        summary: 'What each gateway did about a change',
        params: SeqParams,
        response: { 200: ReceiptList, ...problems(400, 401, 403, 404, 429) },
      },
    },
    async ({ params }) => {
      const { seq, at, receipts } = await receiptsOf(store.read, params.seq)
      return {
        seq,
        at: time(at),
        receipts: receipts.map(({ lastSeenAt, ...receipt }) => ({
          ...receipt,
          lastSeenAt: lastSeenAt === null ? null : time(lastSeenAt),
        })),
      }
    },
  )
}
