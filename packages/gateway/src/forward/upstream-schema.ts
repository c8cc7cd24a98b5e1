import Type from 'typebox'
import { AssertionSchema } from '../assertion/assertion-schema.ts'

const milliseconds = (description: string, fallback: number, minimum = 0) =>
  Type.Optional(Type.Integer({ minimum, maximum: 86_400_000, default: fallback, description }))

const target = Type.String({
  pattern: '^https?://[^/?#@\\s]+/?$',
  description: 'Where the service is: http://host:port or https://host:port',
})

/** One entry of `gateway.upstreams`. */
export const UpstreamSchema = Type.Object(
  {
    targets: Type.Array(target, {
      minItems: 1,
      maxItems: 64,
      uniqueItems: true,
      description: 'Origins of the service, as http://10.0.0.7:8080',
    }),
    protocol: Type.Optional(
      Type.Enum(['h1', 'h2'], {
        default: 'h1',
        description: 'h2 speaks HTTP/2 alone: by ALPN over https, with prior knowledge over http',
      }),
    ),
    balance: Type.Optional(
      Type.Enum(['leastOutstanding', 'roundRobin'], {
        default: 'leastOutstanding',
        description: 'How a target is chosen among several',
      }),
    ),
    caFile: Type.Optional(
      Type.String({ description: 'PEM; without it the CAs of the system are trusted' }),
    ),
    certificateFile: Type.Optional(
      Type.String({ description: 'PEM; sent where the service asks' }),
    ),
    keyFile: Type.Optional(Type.String({ description: 'PEM' })),
    assertion: Type.Optional(AssertionSchema),
    serverName: Type.Optional(
      Type.String({
        description: 'Name in the certificate of the service; default: host of the target',
      }),
    ),
    timeouts: Type.Optional(
      Type.Object(
        {
          connectMs: milliseconds('TCP and TLS handshake', 2_000, 1),
          headersMs: milliseconds(
            'From the end of the request to the head of the answer',
            15_000,
            1,
          ),
          idleMs: milliseconds('Without a byte in either direction', 60_000, 1),
          totalMs: milliseconds('The whole exchange; 0: no limit', 0),
          tunnelIdleMs: milliseconds(
            'A WebSocket without a byte in either direction',
            3_600_000,
            1,
          ),
        },
        { additionalProperties: false, description: 'How long to wait for the service' },
      ),
    ),
    retries: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 5,
        default: 1,
        description: 'Further attempts, only for requests that never reached the service',
      }),
    ),
    pool: Type.Optional(
      Type.Object(
        {
          maxConnectionsPerTarget: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: 65_535,
              default: 256,
              description: 'Of each worker',
            }),
          ),
          idleMs: milliseconds('How long an unused connection is kept', 30_000, 1),
          maxWaiting: Type.Optional(
            Type.Integer({
              minimum: 0,
              maximum: 100_000,
              default: 1_024,
              description: 'Requests that may wait for a connection to one target',
            }),
          ),
        },
        { additionalProperties: false, description: 'Connections that are kept and shared' },
      ),
    ),
    health: Type.Optional(
      Type.Object(
        {
          path: Type.Optional(
            Type.String({
              pattern: '^/[!-~]*$',
              description: 'Asked of each target; 2xx is healthy',
            }),
          ),
          host: Type.Optional(
            Type.String({ description: 'Host to ask with; default: host of the target' }),
          ),
          intervalMs: milliseconds('Between two checks of a target', 5_000, 10),
          timeoutMs: milliseconds('Of one check', 2_000, 1),
          unhealthyAfter: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: 100,
              default: 3,
              description: 'Failures in a row, of checks or of requests',
            }),
          ),
          healthyAfter: Type.Optional(
            Type.Integer({ minimum: 1, maximum: 100, default: 2, description: 'Checks in a row' }),
          ),
          ejectMs: milliseconds('How long failures of requests take a target out', 10_000, 1),
        },
        {
          additionalProperties: false,
          description: 'How targets that fail are found and left out',
        },
      ),
    ),
  },
  { additionalProperties: false },
)
export type UpstreamConfig = Type.Static<typeof UpstreamSchema>
