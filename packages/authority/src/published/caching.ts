import type { FastifyReply, FastifyRequest } from 'fastify'

/** Something that is published: the same bytes for everybody until something newer is there. */
export type Publication = {
  readonly body: Uint8Array
  readonly type: string
  /** Within quotation marks (RFC 9110 §8.8.3). */
  readonly etag: string
  /** Milliseconds. */
  readonly modifiedAt: number
  /** Until when it counts, milliseconds. */
  readonly expiresAt: number
  /** For so long nobody in between asks again. */
  readonly maxAgeSeconds: number
}

/**
 * Answers with a publication, or 304 where the client has it (RFC 9110 §13.2.2), with the headers of
 * RFC 9919 §6 (RFC 5019 §5): no proxy keeps it for longer than it counts, and none changes it.
 */
export function sendPublication(
  request: FastifyRequest,
  reply: FastifyReply,
  publication: Publication,
  now: number,
): FastifyReply {
  const { body, etag, modifiedAt, expiresAt } = publication
  const left = Math.max(0, Math.floor((expiresAt - now) / 1_000))
  const maxAge = Math.min(publication.maxAgeSeconds, left)
  reply
    .header('content-type', publication.type)
    .header('etag', etag)
    .header('last-modified', new Date(modifiedAt).toUTCString())
    .header('expires', new Date(now + maxAge * 1_000).toUTCString())
    .header('cache-control', `max-age=${maxAge}, public, no-transform, must-revalidate`)
    .header('x-content-type-options', 'nosniff')
  if (isNotModified(request, publication)) return reply.code(304).send()
  // Fastify sends no body of HEAD, and the length of what GET would send.
  return reply.code(200).send(Buffer.from(body.buffer, body.byteOffset, body.byteLength))
}

/** If-None-Match where it is there, otherwise If-Modified-Since. Of GET and HEAD alone. */
function isNotModified(
  { method, headers }: FastifyRequest,
  { etag, modifiedAt }: Publication,
): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false
  const match = headers['if-none-match']
  if (match !== undefined) {
    const tags = match.split(',', 100).map((tag) => tag.trim().replace(/^W\//, ''))
    return tags.includes(etag) || match.trim() === '*'
  }
  const since = Date.parse(headers['if-modified-since'] ?? '')
  return Math.floor(modifiedAt / 1_000) * 1_000 <= since
}
