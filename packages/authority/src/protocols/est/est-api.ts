import { writeCertificatesOnly } from '@sallyport/pki/cms'
import { isProblem, Problem } from '@sallyport/problem'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AddressLimiter } from '../../admin/address-limiter.ts'
import type { Api } from '../../api/api-server.ts'
import { addressOf, callerOf, peerCertificate } from '../../api/caller.ts'
import type { Authority } from '../../authority.ts'
import type { AuthorityConfig } from '../../config/authority-config.ts'
import type { AuthenticatedDevice } from '../../devices/authenticate-device.ts'
import { laneCas } from '../lane-cas.ts'
import { type ClientCas, readClientCas } from './client-cas.ts'
import { csrAttributes } from './csr-attributes.ts'
import { enrollByEst, type EstApp, reenrollByEst } from './enroll-by-est.ts'

const retryAfterSeconds = 60
/** A site behind one address enrols its fleet; a flood from one place is told to come back. */
const perAddress = { perSecond: 20, burst: 200 }
/** The media types of RFC 7030 §4.1.3, §4.2.3 and §4.5.2. */
const mediaTypes = {
  certificates: 'application/pkcs7-mime',
  issued: 'application/pkcs7-mime; smime-type=certs-only',
  attributes: 'application/csrattrs',
} as const

/**
 * Where an app's operations are: with its id as the label (RFC 7030 §3.2.2), or before the path for clients
 * that put the path themselves. Without a label it is the only app that has EST.
 */
const places = ['/.well-known/est/:appId', '/est/:appId/.well-known/est', '/.well-known/est']

type EstRequest = FastifyRequest<{ Params: { appId?: string }; Body: Buffer | undefined }>
type Answer = { type: string; der: Buffer } | { pending: string }
type Operation = {
  method: 'GET' | 'POST'
  run: (place: EstApp, request: EstRequest) => Answer | Promise<Answer>
}

/**
 * EST (RFC 7030, RFC 8951) on the device listener. Refusals are problems, whose detail is for people
 * (RFC 7030 §4.2.3).
 */
export function estApi(
  api: Api,
  authority: Authority,
  { directory }: { directory: string },
  limiter = new AddressLimiter(perAddress),
): void {
  const read = new WeakMap<AuthorityConfig, ClientCas>()
  const { metrics, failedAttempts, lanes, holders } = authority
  const count = (appId: string, operation: string) =>
    metrics.count('sallyport_authority_est_total', 'Answers by EST', { app: appId, operation })

  function placeOf(appId: string | undefined): EstApp {
    const { config } = authority
    const named = Object.entries(config.apps).filter(
      ([id, { protocols }]) => protocols.est !== undefined && (appId ?? id) === id,
    )
    const [only] = named
    const est = only?.[1].protocols.est
    if (only === undefined || est === undefined || named.length > 1) {
      throw new Problem('not_found', { detail: 'There is no EST of such an app' })
    }
    const cas = read.get(config) ?? readClientCas(directory, config)
    read.set(config, cas)
    return { appId: only[0], app: only[1], est, clientCas: cas.get(only[0]) ?? [] }
  }

  const message = (request: EstRequest) => ({
    authorization: request.headers.authorization,
    peer: peerCertificate(request),
    body: request.body,
    caller: callerOf(request),
  })

  const operations: Readonly<Record<string, Operation>> = {
    cacerts: {
      method: 'GET',
      async run({ appId, est }) {
        const { all } = await laneCas(authority, { appId, lane: est.lane })
        return { type: mediaTypes.certificates, der: writeCertificatesOnly(all) }
      },
    },
    csrattrs: {
      method: 'GET',
      run: ({ est }) => ({ type: mediaTypes.attributes, der: csrAttributes(est.keyKinds) }),
    },
    simpleenroll: {
      method: 'POST',
      async run(place, request) {
        const enroll = () => enrollByEst(authority, place, message(request))
        const outcome = await lanes.run('enrollment', enroll).catch((error: unknown) => {
          // Who came without credentials guessed nothing: clients ask so which ones they are to bring.
          const isAsking = isProblem(error) && error.code === 'enrollment_token_required'
          if (!isAsking) failedAttempts.noteRefusal(error, place.appId, addressOf(request))
          throw error
        })
        return 'enrolled' in outcome ? issued(outcome.enrolled) : outcome
      },
    },
    simplereenroll: {
      method: 'POST',
      async run(place, request) {
        const renew = () => reenrollByEst(authority, place, message(request))
        const renewed = await lanes.run('renewal', renew)
        holders.note(addressOf(request))
        return issued(renewed)
      },
    },
  }

  api.removeAllContentTypeParsers()
  // Clients name the type as they like, or not at all; what comes is read in one way.
  api.addContentTypeParser<Buffer>('*', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  )
  for (const place of places) {
    for (const [name, { method, run }] of Object.entries(operations)) {
      api.route<{ Params: { appId?: string }; Body: Buffer | undefined }>({
        method,
        url: `${place}/${name}`,
        schema: { hide: true },
        ...(name === 'simpleenroll'
          ? { config: { challenge: 'Basic realm="EST", charset="UTF-8"' } }
          : {}),
        handler: async (request, reply) => {
          limiter.take(addressOf(request))
          const { params } = request
          const at = placeOf(params.appId)
          const answer = await run(at, request)
          count(at.appId, name)
          return send(reply, answer)
        },
      })
    }
  }
}

/** The certificate that was issued, and no other (RFC 7030 §4.2.3). */
function issued({ certificate }: AuthenticatedDevice): Answer {
  const leaf = { der: Buffer.from(certificate.der) }
  return { type: mediaTypes.issued, der: writeCertificatesOnly([leaf]) }
}

function send(reply: FastifyReply, answer: Answer): FastifyReply {
  if ('pending' in answer) {
    return reply
      .code(202)
      .header('retry-after', String(retryAfterSeconds))
      .type('text/plain; charset=utf-8')
      .send(`This enrolment waits for approval: ${answer.pending}. Send it again later.\n`)
  }
  // In one line, which is what every client reads (RFC 8951 §3.1); the header is for old ones.
  return reply
    .type(answer.type)
    .header('content-transfer-encoding', 'base64')
    .send(answer.der.toString('base64'))
}
