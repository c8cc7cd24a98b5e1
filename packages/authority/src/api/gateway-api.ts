import type { ServerResponse } from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { gatewayPaths } from '@sallyport/wire'
import { Report, Snapshot } from '@sallyport/wire/messages'
import type { FastifyReply, FastifyRequest } from 'fastify'
import Type from 'typebox'
import type { Authority } from '../authority.ts'
import type { FeedFollower } from '../feed/feed-hub.ts'
import { refuseRollback } from '../feed/epoch.ts'
import { refuseGone } from '../feed/feed-start.ts'
import { snapshotSource } from '../feed/snapshot.ts'
import { acceptReport } from '../gateways/accept-report.ts'
import { type GatewayIdentity, gatewayIdentity } from '../gateways/gateway-identity.ts'
import { knownGateway } from '../gateways/gateways.ts'
import type { Api } from './api-server.ts'
import { peerCertificate } from './caller.ts'
import { problems } from './problem-schema.ts'

const tags = ['gateway']
/** A thousand decisions of a full trace each. */
const maxReportBytes = 8 * 1024 * 1024
/** A gateway that takes its changes no faster than this much behind is told to resume. */
const maxUnsentBytes = 4 * 1024 * 1024

const FeedQuery = Type.Object(
  {
    /** The feed that `after` is a number of. */
    epoch: Type.Optional(Type.String({ maxLength: 40 })),
    /** The last number applied; the header Last-Event-ID, where it is there, goes before it. */
    after: Type.Optional(Type.Integer({ minimum: 0 })),
  },
  { additionalProperties: false },
)

/**
 * What gateways call, under the certificate of a gateway. Nothing here can issue, approve or change a
 * status.
 */
export function gatewayApi(api: Api, authority: Authority): void {
  const { store, lanes, now } = authority
  const snapshot = snapshotSource({ read: store.read, epoch: () => authority.epoch, now })

  const caller = async (request: FastifyRequest): Promise<GatewayIdentity> => {
    const { trustDomain } = authority.config
    const serviceRoot = authority.issuers.serviceRoot.certificate
    const trust = { serviceRoot, trustDomain, now: now() }
    const gateway = gatewayIdentity(peerCertificate(request), trust)
    await knownGateway(store, gateway.name, now())
    return gateway
  }

  api.get(
    gatewayPaths.snapshot,
    {
      schema: {
        tags,
        operationId: 'getSnapshot',
        summary: 'Everything a gateway needs to decide, as of one number of the feed',
        response: { 200: Snapshot, ...problems(401, 403, 503) },
      },
    },
    async (request, reply) => {
      await caller(request)
      // Bytes, which Fastify sends as they are.
      const json: unknown = await snapshot()
      return reply.type('application/json').send(json as Snapshot)
    },
  )

  api.get(
    gatewayPaths.feed,
    {
      schema: {
        tags,
        operationId: 'followFeed',
        summary: 'Changes as server-sent events, with a heartbeat every five seconds',
        querystring: FeedQuery,
        response: {
          200: {
            description: 'Events `change` and `heartbeat`',
            content: { 'text/event-stream': { schema: Type.String() } },
          },
          ...problems(401, 403, 410, 503),
        },
      },
    },
    async (request, reply) => {
      const gateway = await caller(request)
      const after = lastEventId(request) ?? request.query.after ?? 0
      const { epoch } = request.query
      if (epoch !== undefined) {
        await refuseRollback(authority, { gateway: gateway.name, epoch, seq: after })
      }
      await refuseGone(store.read, { epoch, after }, authority.epoch)
      await stream(authority, gateway, after, reply)
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
      return reply.code(204).send(null)
    },
  )
}

function lastEventId(request: FastifyRequest): number | undefined {
  const header = request.headers['last-event-id']
  return typeof header === 'string' && /^\d{1,15}$/.test(header) ? Number(header) : undefined
}

/** Answers with a stream that lasts until one side ends it. */
async function stream(
  authority: Authority,
  gateway: GatewayIdentity,
  after: number,
  reply: FastifyReply,
): Promise<void> {
  reply.hijack()
  const response = reply.raw
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-request-id': reply.request.id,
  })
  response.socket?.setNoDelay(true)
  const { log, feed } = authority
  const { name } = gateway
  response.on('error', (error) => log.debug({ err: error, gateway: name }, 'feed ended'))
  try {
    const end = await feed.follow(followerOver(response, gateway), after)
    if (response.destroyed) end()
    else response.on('close', end)
  } catch (error) {
    log.error({ err: error, gateway: name }, 'the feed cannot be followed')
    response.destroy()
  }
}

function followerOver(response: ServerResponse, { name, until }: GatewayIdentity): FeedFollower {
  const write = (text: string) => {
    if (response.destroyed) return
    if (response.writableLength > maxUnsentBytes) response.destroy()
    else response.write(text)
  }
  return {
    gateway: name,
    until,
    drained: () => drained(response),
    change: (change) =>
      write(`id: ${change.seq}\nevent: change\ndata: ${JSON.stringify(change)}\n\n`),
    heartbeat: (heartbeat) => write(`event: heartbeat\ndata: ${JSON.stringify(heartbeat)}\n\n`),
    end: () => response.destroy(),
  }
}

/** Resolves in a later turn, when everything written was handed to the system, or the stream is over. */
async function drained(response: ServerResponse): Promise<void> {
  await nextTurn()
  if (response.destroyed || !response.writableNeedDrain) return
  await new Promise<void>((resolve) => {
    const done = () => {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    response.on('drain', done)
    response.on('close', done)
  })
}
