import { maxOcspRequestBytes, type OcspFailure, ocspFailure } from '@sallyport/pki'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AddressLimiter } from '../../admin/address-limiter.ts'
import type { Api } from '../../api/api-server.ts'
import { addressOf } from '../../api/caller.ts'
import type { Authority } from '../../authority.ts'
import { sendPublication } from '../caching.ts'
import { publishedPaths } from '../published-addresses.ts'
import { OcspAnswerer } from './answer-ocsp.ts'

const type = 'application/ocsp-response'
/** Whoever stands in between asks again that soon: a revocation is answered a minute later everywhere. */
const maxAgeSeconds = 60
/** A service that asks for each of its clients stays below; a flood from one place is told to come back. */
const perAddress = { perSecond: 200, burst: 1_000 }

/** OCSP over HTTP (RFC 6960 appendix A): GET with the request in the path, and POST. */
export function ocspApi(
  api: Api,
  authority: Authority,
  limiter = new AddressLimiter(perAddress),
): void {
  const answerer = new OcspAnswerer(authority)
  const { metrics, lanes, now } = authority
  const count = (answer: string) =>
    metrics.count('sallyport_authority_ocsp_answers_total', 'Answers of OCSP', { answer })

  const fail = (reply: FastifyReply, failure: OcspFailure) => {
    count(failure)
    return reply.type(type).send(ocspFailure(failure))
  }

  async function answer(request: FastifyRequest, reply: FastifyReply, der: Buffer | undefined) {
    if (!limiter.allows(addressOf(request))) return fail(reply, 'tryLater')
    if (der === undefined) return fail(reply, 'malformedRequest')
    const outcome = await lanes
      .run('status', () => answerer.answer(der))
      .catch(() => ({ failure: 'tryLater' }) as const)
    if ('failure' in outcome) return fail(reply, outcome.failure)
    outcome.statuses.forEach(count)
    // What answers one nonce, or a POST, is for nobody else (RFC 9919 §6).
    if ('der' in outcome) return reply.type(type).send(outcome.der)
    const { der: body, etag, producedAt: modifiedAt, expiresAt } = outcome.kept
    if (request.method === 'POST') return reply.type(type).send(body)
    const publication = { body, type, etag, modifiedAt, expiresAt, maxAgeSeconds }
    return sendPublication(request, reply, publication, now())
  }

  api.addContentTypeParser<Buffer>(
    'application/ocsp-request',
    { parseAs: 'buffer', bodyLimit: maxOcspRequestBytes },
    (_request, body, done) => done(null, body),
  )
  api.post<{ Body: Buffer | undefined }>(publishedPaths.ocsp, (request, reply) =>
    answer(request, reply, request.body),
  )
  // HEAD: of caches in between, which ask whether what they have is still good.
  api.route({
    method: ['GET', 'HEAD'],
    url: `${publishedPaths.ocsp}/*`,
    handler: (request, reply) => answer(request, reply, requestInPath(request.raw.url ?? '')),
  })
}

const base64 = /^[A-Za-z0-9+/]+={0,2}$/

/**
 * The request in a path: base64, then escaped for URLs, which clients do in part: `/`, `+` and `=` come
 * bare as well. A slash before it is of clients that put one more behind the address.
 */
function requestInPath(url: string): Buffer | undefined {
  const [path = ''] = url.slice(publishedPaths.ocsp.length + 1).split('?', 1)
  let text: string
  try {
    text = decodeURIComponent(path).replace(/^\/+/, '')
  } catch {
    return undefined
  }
  return base64.test(text) ? Buffer.from(text, 'base64') : undefined
}
