import Type from 'typebox'
import { actorOf } from '../../admin/admin-guard.ts'
import type { Authority } from '../../authority.ts'
import { feedHead } from '../../feed/append-change.ts'
import { revokeGateway } from '../../gateways/gateways.ts'
import { appliedAges, receiptsOf } from '../../gateways/receipts.ts'
import type { Api } from '../api-server.ts'
import { problems } from '../problem-schema.ts'
import { AdminGateway, Reason, ReceiptList } from './messages.ts'
import { presentGateway, time } from './present.ts'

const tags = ['gateways']
const NameParams = Type.Object({ name: Type.String({ maxLength: 63 }) })
const SeqParams = Type.Object({ seq: Type.Integer({ minimum: 1 }) })

export function gatewayRoutes(api: Api, authority: Authority): void {
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
        body: Reason,
        response: { 200: AdminGateway, ...problems(400, 401, 403, 404, 429, 503) },
      },
    },
    (request) => {
      const { name } = request.params
      const revocation = { name, reason: request.body.reason, actor: actorOf(request), now: now() }
      return lanes.run('admin', async () => {
        const row = await store.write((tx) => revokeGateway(tx, revocation))
        await authority.feed.endGateway(name)
        const seq = await feedHead(store.read)
        return presentGateway(row, seq, await appliedAges(store.read, name))
      })
    },
  )

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
