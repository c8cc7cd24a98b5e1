import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import {
  type ChannelCredentials,
  type Client,
  credentials,
  makeClientConstructor,
} from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'

type HeaderOption = { readonly header: { readonly key: string; readonly value: string } }
/** `CheckResponse` as a client of the library reads it. */
export type Checked = {
  readonly status: { readonly code: number }
  readonly httpResponse: 'okResponse' | 'deniedResponse'
  readonly okResponse?: {
    readonly headers: readonly HeaderOption[]
    readonly headersToRemove: readonly string[]
    readonly responseHeadersToAdd: readonly HeaderOption[]
  }
  readonly deniedResponse?: {
    readonly status: { readonly code: number }
    readonly headers: readonly HeaderOption[]
    readonly body: string
  }
}
type Check = (message: unknown, done: (error: Error | null, answer: Checked) => void) => void

const protoFile = fileURLToPath(new URL('../../../proto/authorization.proto', import.meta.url))

/** A client that speaks Envoy's messages. */
export function envoyClient(
  t: TestContext,
  target: string,
  channel: ChannelCredentials = credentials.createInsecure(),
): (message: unknown) => Promise<Checked> {
  const definition = loadSync(protoFile, { oneofs: true })['envoy.service.auth.v3.Authorization']
  if (definition === undefined || 'format' in definition) throw new TypeError('no service')
  const Authorization = makeClientConstructor(definition, 'Authorization')
  const client = new Authorization(target, channel) as unknown as Client & { Check: Check }
  t.after(() => client.close())
  return (message) =>
    new Promise((resolve, reject) => {
      client.Check(message, (error, answer) => (error === null ? resolve(answer) : reject(error)))
    })
}

export type Asked = {
  readonly method?: string
  readonly path?: string
  readonly host?: string
  readonly scheme?: string
  readonly fields?: readonly (readonly [string, string])[]
  readonly certificate?: string
  readonly extensions?: Readonly<Record<string, string>>
}

/** What Envoy sends, configured as `sallyport integrate envoy` prints it. */
export function checkRequest(asked: Asked = {}): unknown {
  const { method = 'GET', path = '/v1/me', host = 'api.example.com', scheme = 'https' } = asked
  const headers = (asked.fields ?? []).map(([key, value]) => ({
    key,
    rawValue: Buffer.from(value),
  }))
  return {
    attributes: {
      source: {
        address: { socketAddress: { address: '203.0.113.9' } },
        ...(asked.certificate === undefined
          ? {}
          : { certificate: encodeURIComponent(asked.certificate) }),
      },
      request: {
        http: { method, path, host, scheme, protocol: 'HTTP/2', headerMap: { headers } },
      },
      contextExtensions: asked.extensions ?? { host: 'api.example.com' },
    },
  }
}

export function fieldsOf(options: readonly HeaderOption[] = []): Record<string, string> {
  return Object.fromEntries(options.map(({ header }) => [header.key, header.value]))
}
