import { changeMarkCharacters, gatewayPaths, snapshotMediaType } from '@sallyport/wire'
import { FeedKeySets, Report } from '@sallyport/wire/messages'
import type { FastifyRequest } from 'fastify'
import Type from 'typebox'
import type { Authority } from '../authority.ts'
import { refuseRollback } from '../feed/epoch.ts'
import { refuseGone } from '../feed/feed-start.ts'
import { SnapshotSource } from '../feed/snapshot-source.ts'
import { acceptReport } from '../gateways/accept-report.ts'
import { type GatewayIdentity, gatewayIdentity } from '../gateways/gateway-identity.ts'
import { knownGateway } from '../gateways/gateways.ts'
import { expiryHelp } from '../operations/collect-expiry-metrics.ts'
import type { Api } from './api-server.ts'
import { peerCertificate } from './caller.ts'
import { streamFeed } from './feed-stream.ts'
import { problems } from './problem-schema.ts'

const tags = ['gateway']
/** A thousand decisions of a full trace each. */
const maxReportBytes = 8 * 1024 * 1024

const FeedQuery = Type.Object(
  {
    /** The feed that `after` is a number of. */
    epoch: Type.Optional(Type.String({ maxLength: 40 })),
    /** The last number applied; the header Last-Event-ID, where it is there, goes before it. */
    after: Type.Optional(Type.Integer({ minimum: 0 })),
    /** `changeMark` of the change `after`. */
    mark: Type.Optional(Type.String({ maxLength: changeMarkCharacters })),
    /** Said again in the first event, which is signed: that it is not one of before. */
    nonce: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{22}$' })),
  },
  { additionalProperties: false },
)

const SnapshotQuery = Type.Object(
  {
    /** The number that the snapshot must reach. */
    least: Type.Optional(Type.Integer({ minimum: 0 })),
  },
  { additionalProperties: false },
)

const FeedKeysQuery = Type.Object(
  {
    /** The number of the set that is known. */
    after: Type.Optional(Type.Integer({ minimum: 0 })),
  },
  { additionalProperties: false },
)

/**
 * What gateways call, under the certificate of a gateway. Nothing here can issue, approve or change a
 * status.
 */
export function gatewayApi(api: Api, authority: Authority): void {
  const { store, lanes, now, feedSigner } = authority
  const snapshots = new SnapshotSource({
    read: store.read,
    epoch: () => authority.epoch,
    now,
    signer: feedSigner,
  })

  const certificates = new Map<string, number>()
  authority.metrics.collect({
    name: 'sallyport_authority_gateway_certificate_expiry_timestamp_seconds',
    help: `${expiryHelp}: that which a gateway called with last`,
    kind: 'gauge',
    collect: () =>
      [...certificates].map(([gateway, until]) => ({
        labels: { gateway },
        value: Math.floor(until / 1_000),
      })),
  })

  const caller = async (request: FastifyRequest): Promise<GatewayIdentity> => {
    const { trustDomain } = authority.config
    const serviceRoot = authority.issuers.serviceRoot.certificate
    const trust = { serviceRoot, trustDomain, now: now() }
    const gateway = gatewayIdentity(peerCertificate(request), trust)
    await knownGateway(store, gateway.name, now()).catch((error: unknown) => {
      certificates.delete(gateway.name)
      throw error
    })
    certificates.set(gateway.name, gateway.until)
    return gateway
  }

  api.get(
    gatewayPaths.snapshot,
    {
      schema: {
        tags,
        operationId: 'getSnapshot',
        summary:
          'Everything a gateway needs to decide, as of one number of the feed, packed and signed',
        querystring: SnapshotQuery,
        response: {
          200: {
            description:
              'The length of its seal (16 bits), the seal (a compact JWS), packed status',
            content: { [snapshotMediaType]: { schema: Type.Unsafe<Buffer>({}) } },
          },
          ...problems(400, 401, 403, 503),
        },
      },
    },
    async (request, reply) => {
      await caller(request)
      const accepts = (request.headers['accept-encoding'] ?? '').split(',')
      const names = accepts.map((text) => text.split(';', 1)[0]?.trim().toLowerCase() ?? '')
      const { bytes, encoding } = await snapshots.get(request.query.least ?? 0, names)
      if (encoding !== undefined) reply.header('content-encoding', encoding)
      return reply.type(snapshotMediaType).header('vary', 'accept-encoding').send(bytes)
    },
  )

  api.get(
    gatewayPaths.feedKeys,
    {
      schema: {
        tags,
        operationId: 'getFeedKeys',
        summary:
          'The keys that the feed is signed with, set after set, each signed by one of the set before',
        querystring: FeedKeysQuery,
        response: { 200: FeedKeySets, ...problems(400, 401, 403, 503) },
      },
    },
    async (request) => {
      await caller(request)
      return { sets: await feedSigner.setsAfter(request.query.after ?? 0) }
    },
  )

  api.get(
    gatewayPaths.feed,
    {
      schema: {
        tags,
        operationId: 'followFeed',
        summary: 'Changes as server-sent events, with a heartbeat every five seconds, each signed',
        querystring: FeedQuery,
        response: {
          200: {
            description: 'Events `hello`, `changes` and `heartbeat`',
            content: { 'text/event-stream': { schema: Type.String() } },
          },
          ...problems(401, 403, 410, 503),
        },
      },
    },
    async (request, reply) => {
      const gateway = await caller(request)
      const after = lastEventId(request) ?? request.query.after ?? 0
      const { epoch, mark, nonce } = request.query
      if (epoch !== undefined) {
        await refuseRollback(authority, { gateway: gateway.name, epoch, seq: after, mark })
      }
      await refuseGone(store.read, { epoch, after }, authority.epoch)
      await streamFeed(authority, gateway, { after, nonce }, reply)
    },
  )

  api.post(
    gatewayPaths.reports,
    {
      bodyLimit: maxReportBytes,
      schema: {
        tags,
        operationId: 'sendReport',
        summary: 'What a gateway did and decided',
        body: Report,
        response: { 204: Type.Null(), ...problems(400, 401, 403, 503) },
      },
    },
    async (request, reply) => {
      const { name: gateway } = await caller(request)
      const { epoch, seq } = request.body
      await lanes.run('gateway', async () => {
        await refuseRollback(authority, { gateway, epoch, seq })
        await store.write((tx) => acceptReport(tx, gateway, request.body, now()))
      })
      const help = 'How old changes were when gateways had applied them, as they report'
      for (const { appliedAfterMs } of request.body.applied) {
        const seconds = Math.max(0, appliedAfterMs) / 1_000
        authority.metrics.observe('sallyport_authority_change_applied_seconds', help, seconds)
      }
      return reply.code(204).send(null)
    },
  )
}

function lastEventId(request: FastifyRequest): number | undefined {
  const header = request.headers['last-event-id']
  return typeof header === 'string' && /^\d{1,15}$/.test(header) ? Number(header) : undefined
}
