import Type from 'typebox'

const seconds = (fallback: number, minimum: number, description: string) =>
  Type.Number({ minimum, maximum: 86_400, default: fallback, description })
const count = (fallback: number, maximum: number, description: string) =>
  Type.Integer({ minimum: 1, maximum, default: fallback, description })

/** Bounds of the edge, for each worker where they count things. Everything has one. */
export const LimitsSchema = Type.Object(
  {
    maxConnections: count(
      20_000,
      1_000_000,
      'Connections of a worker, handshakes included. Beyond it the ones without a request make room',
    ),
    maxConnectionsPerAddress: Type.Integer({
      minimum: 0,
      maximum: 1_000_000,
      default: 0,
      description:
        'Connections of a worker from one address, of IPv6 from one /64; thousands of phones may share one. 0: no bound',
    }),
    maxPendingHandshakes: count(
      1_024,
      100_000,
      'Connections of a worker that are not yet past their handshake. Beyond it the oldest makes room',
    ),
    handshakeSeconds: seconds(5, 0.05, 'From the first byte of TCP to the end of the handshake'),
    headerBytes: Type.Integer({
      minimum: 1_024,
      maximum: 262_144,
      default: 16_384,
      description: 'Header section of a request',
    }),
    headersSeconds: seconds(
      10,
      0.05,
      'From the first byte of a request to the end of its header section',
    ),
    requestSeconds: seconds(
      300,
      0,
      'From the first byte of a request to the end of its content; in HTTP/2 until the answer begins. 0: no bound',
    ),
    idleSeconds: seconds(75, 0.05, 'Without a request'),
    pipelinedRequests: count(
      16,
      1_000,
      'Requests on one HTTP/1 connection that came before the answer to the first (pipelining)',
    ),
    concurrentStreams: count(100, 10_000, 'Open streams of an HTTP/2 connection'),
    streamResets: count(
      200,
      100_000,
      'Streams that a client may reset in ten seconds before its connection is closed',
    ),
    unreadySeconds: Type.Number({
      minimum: 0,
      maximum: 60,
      default: 0,
      description:
        'So long after SIGTERM it says that it is not ready, and takes requests: until its balancer has found that out. Then drainSeconds begin',
    }),
    drainSeconds: seconds(30, 0, 'How long requests may still take when the gateway ends'),
  },
  { additionalProperties: false, default: {}, description: 'Bounds; everything has one' },
)

export type Limits = Type.Static<typeof LimitsSchema>
