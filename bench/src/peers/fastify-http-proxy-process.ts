/** A gateway made of fastify and @fastify/http-proxy: the process that `fastifyHttpProxy` measures. */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { TLSSocket } from 'node:tls'
import type { constantFields } from '../site/added-fields.ts'
import type { Site } from '../site/site.ts'

type Settings = {
  site: Site
  port: number
  accessLog: string
  fields: ReturnType<typeof constantFields>
}

/** The part of fastify that is used here: it is optional, so its types may be missing. */
type Fastify = (options: object) => {
  register(plugin: unknown, options: object): unknown
  listen(options: object): Promise<string>
}
type ProxiedRequest = {
  id: string
  ip: string
  headers: { host?: string }
  raw: { socket: TLSSocket }
}

const settings = JSON.parse(process.argv[2] ?? '') as Settings
const { site, port, accessLog, fields } = settings
const load = async (name: string): Promise<unknown> =>
  ((await import(name)) as { default: unknown }).default

const fastify = (await load('fastify')) as Fastify
const httpProxy = await load('@fastify/http-proxy')
const server = fastify({
  logger: { file: accessLog },
  genReqId: () => randomUUID(),
  http2: true,
  https: {
    allowHTTP1: true,
    minVersion: 'TLSv1.3',
    cert: readFileSync(site.server.certificateFile),
    key: readFileSync(site.server.keyFile),
    ca: readFileSync(site.deviceCaFile),
    requestCert: true,
    rejectUnauthorized: true,
  },
})
/** Encoded once per connection, as a careful author would. */
const clientCertificates = new WeakMap<TLSSocket, string>()
function clientCertificateOf(socket: TLSSocket): string {
  let field = clientCertificates.get(socket)
  if (field === undefined) {
    field = `:${socket.getPeerX509Certificate()?.raw.toString('base64') ?? ''}:`
    clientCertificates.set(socket, field)
  }
  return field
}

server.register(httpProxy, {
  upstream: `http://127.0.0.1:${site.upstreamPort}`,
  undici: { connections: 256, pipelining: 1 },
  replyOptions: {
    rewriteRequestHeaders: (request: ProxiedRequest, headers: Record<string, string>) => ({
      ...headers,
      'client-cert': clientCertificateOf(request.raw.socket),
      'client-cert-chain': fields.chain,
      'sallyport-device': fields.device,
      forwarded: `for=${request.ip};host="${request.headers.host ?? site.serverName}";proto=https`,
      'x-forwarded-for': request.ip,
      'x-forwarded-proto': 'https',
      'x-request-id': request.id,
      traceparent: fields.traceparent,
    }),
  },
})
await server.listen({ host: '127.0.0.1', port })
