import type { ServerResponse } from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { FastifyReply } from 'fastify'
import type { Authority } from '../authority.ts'
import type { FeedFollower } from '../feed/feed-hub.ts'
import type { GatewayIdentity } from '../gateways/gateway-identity.ts'

/** A gateway that takes its changes no faster than this much behind is told to resume. */
const maxUnsentBytes = 4 * 1024 * 1024

/** Answers a gateway with the feed as server-sent events: a stream that lasts until one side ends it. */
export async function streamFeed(
  authority: Authority,
  gateway: GatewayIdentity,
  { after, nonce }: { after: number; nonce: string | undefined },
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
  // Now, not with the first event: who is ended before there was one is to know that it was answered.
  response.flushHeaders()
  const { log, feed } = authority
  const { name } = gateway
  response.on('error', (error) => log.debug({ err: error, gateway: name }, 'feed ended'))
  try {
    const end = await feed.follow(followerOver(response, gateway, nonce), after)
    if (response.destroyed) end()
    else response.on('close', end)
  } catch (error) {
    log.error({ err: error, gateway: name }, 'the feed cannot be followed')
    response.destroy()
  }
}

function followerOver(
  response: ServerResponse,
  { name, until }: GatewayIdentity,
  nonce: string | undefined,
): FeedFollower {
  return {
    gateway: name,
    until,
    nonce,
    drained: () => drained(response),
    send: ({ event, id, data }) => {
      if (response.destroyed) return
      if (response.writableLength > maxUnsentBytes) response.destroy()
      else {
        response.write(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${data}\n\n`)
      }
    },
    // What was written in this turn is on its way only in the next: a gateway is to hear why it is ended.
    end: () => void setImmediate(() => response.destroy()),
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
