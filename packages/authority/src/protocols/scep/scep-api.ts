import { writeCertificatesOnly } from '@sallyport/pki/cms'
import { Problem } from '@sallyport/problem'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AddressLimiter } from '../../admin/address-limiter.ts'
import type { Api } from '../../api/api-server.ts'
import { addressOf, callerOf } from '../../api/caller.ts'
import { refusalRecord } from '../../api/refusal-record.ts'
import type { Authority } from '../../authority.ts'
import { laneCas, nextCa } from '../lane-cas.ts'
import { bytesOf } from '../../signer/bytes.ts'
import { answerScep } from './answer-scep.ts'
import type { ScepApp } from './enroll-by-scep.ts'
import type { Judges } from './judges.ts'
import { RaCertificates } from './ra-certificates.ts'

/** Behind one address a site enrols its fleet; a flood from one place is told to come back. */
const perAddress = { perSecond: 20, burst: 200 }
const maxMessageBytes = 64 * 1024

/** SHA-384 is what strongSwan 5.9.8 takes for the rest: it looks at the wrong bit of what it read. */
const capabilities = [
  'AES',
  'SHA-256',
  'SHA-384',
  'SHA-512',
  'GetNextCACert',
  'POSTPKIOperation',
  'Renewal',
  'SCEPStandard',
]

/** Old clients write the name of a program behind the path. */
const places = ['/scep/:appId', '/scep/:appId/pkiclient.exe']

type ScepRequest = FastifyRequest<{
  Params: { appId: string }
  Querystring: { operation?: string }
  Body: Buffer | undefined
}>
type Operation = (place: ScepApp, request: ScepRequest, reply: FastifyReply) => Promise<void>

/** SCEP (RFC 8894) on the status listener: plain HTTP, for messages are signed and encrypted themselves. */
export function scepApi(
  api: Api,
  authority: Authority,
  judges: Judges,
  limiter = new AddressLimiter(perAddress),
): void {
  const ras = new RaCertificates(authority)
  const { metrics, failedAttempts, decisions, lanes } = authority

  function placeOf(appId: string): ScepApp {
    const { apps } = authority.config
    const app = Object.hasOwn(apps, appId) ? apps[appId] : undefined
    const scep = app?.protocols.scep
    if (app !== undefined && scep !== undefined) {
      return { appId, app, scep, judges: judges.of(authority.config, appId) }
    }
    throw new Problem('not_found', { detail: 'There is no SCEP of such an app' })
  }

  async function answer(place: ScepApp, body: Buffer, request: ScepRequest, reply: FastifyReply) {
    const { appId, scep } = place
    const known = await ras.of(appId, scep.lane)
    const asked = { body, caller: callerOf(request) }
    const { message, kind, refusal } = await lanes.run('enrollment', () =>
      answerScep(authority, place, known, asked),
    )
    count(appId, kind)
    if (refusal !== undefined) {
      failedAttempts.noteRefusal(refusal, appId, addressOf(request))
      decisions.keep(refusalRecord(refusal, request, authority.now()))
    }
    void reply.type('application/x-pki-message').send(message)
  }

  const count = (appId: string, kind: string) =>
    metrics.count('sallyport_authority_scep_total', 'Answers to messages of SCEP, by outcome', {
      app: appId,
      answer: kind,
    })

  const operations: Readonly<Record<string, Operation>> = {
    async GetCACaps(_place, _request, reply) {
      await Promise.resolve(reply.type('text/plain').send(`${capabilities.join('\n')}\n`))
    },
    async GetCACert({ appId, scep }, _request, reply) {
      const [ra] = await ras.of(appId, scep.lane)
      const { all } = await laneCas(authority, { appId, lane: scep.lane })
      const der = writeCertificatesOnly([ra.certificate, ...all])
      void reply.type('application/x-x509-ca-ra-cert').send(der)
    },
    async GetNextCACert({ appId, scep }, _request, reply) {
      const next = nextCa(authority, { appId, lane: scep.lane })
      if (next === undefined) {
        throw new Problem('not_found', {
          detail: 'No CA is announced to follow the one that issues',
        })
      }
      const [ra] = await ras.of(appId, scep.lane)
      const { message } = await authority.signer.scepNextCa({
        ra: ra.reference,
        next: next.reference,
      })
      void reply.type('application/x-x509-next-ca-cert').send(bytesOf(message))
    },
    PKIOperation: (place, request, reply) =>
      answer(place, request.body ?? messageInQuery(request.raw.url ?? ''), request, reply),
  }

  api.removeAllContentTypeParsers()
  api.addContentTypeParser<Buffer>(
    '*',
    { parseAs: 'buffer', bodyLimit: maxMessageBytes },
    (_request, body, done) => done(null, body),
  )
  for (const url of places) {
    api.route<{
      Params: { appId: string }
      Querystring: { operation?: string }
      Body: Buffer | undefined
    }>({
      method: ['GET', 'POST'],
      url,
      handler: async (request, reply) => {
        limiter.take(addressOf(request))
        const { operation = '' } = request.query
        const run = Object.hasOwn(operations, operation) ? operations[operation] : undefined
        if (run === undefined || Array.isArray(operation)) {
          throw new Problem('message_malformed', {
            detail: `operation is one of ${Object.keys(operations).join(', ')}`,
          })
        }
        await run(placeOf(request.params.appId), request, reply)
        return reply
      },
    })
  }
}

const base64 = /^[A-Za-z0-9+/]+={0,2}$/

/** The message of a GET: base64, then escaped for URLs, which clients do in part, so that `+` comes bare. */
function messageInQuery(url: string): Buffer {
  const text = /[?&]message=([^&]*)/.exec(url)?.[1] ?? ''
  try {
    const bare = decodeURIComponent(text).replace(/\s+/g, '')
    if (base64.test(bare)) return Buffer.from(bare, 'base64')
  } catch (error) {
    if (!(error instanceof URIError)) throw error
  }
  throw new Problem('message_malformed', { detail: 'message is a pkiMessage in base64' })
}
