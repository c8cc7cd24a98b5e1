import Type from 'typebox'

const seconds = (fallback: number, minimum = 1) =>
  Type.Number({ minimum, maximum: 86_400, default: fallback })
const count = (fallback: number, maximum: number) =>
  Type.Integer({ minimum: 1, maximum, default: fallback })

/** Bounds of the edge, for each worker where they count things. Everything has one. */
export const LimitsSchema = Type.Object(
  {
    /** Connections of a worker, handshakes included. More are closed at once. */
    maxConnections: count(20_000, 1_000_000),
    /** Connections of a worker that are not yet past their handshake. */
    maxPendingHandshakes: count(1_024, 100_000),
    /** From the first byte of TCP to the end of the handshake. */
    handshakeSeconds: seconds(5, 0.05),
    /** Header section of a request. */
    headerBytes: Type.Integer({ minimum: 1_024, maximum: 262_144, default: 16_384 }),
    /** From the first byte of a request to the end of its header section. */
    headersSeconds: seconds(10, 0.05),
    /** From the first byte of a request to the end of its content. 0: no bound. */
    requestSeconds: seconds(300, 0),
    /** Without a request. */
    idleSeconds: seconds(75, 0.05),
    /** Requests on one HTTP/1 connection that came before the answer to the first (pipelining). */
    pipelinedRequests: count(16, 1_000),
    /** Open streams of an HTTP/2 connection. */
    concurrentStreams: count(100, 10_000),
    /** Streams that a client may reset in ten seconds before its connection is closed. */
    streamResets: count(200, 100_000),
    /** How long requests may still take when the gateway ends. */
    drainSeconds: seconds(30, 0),
  },
  { additionalProperties: false, default: {} },
)

export type Limits = Type.Static<typeof LimitsSchema>
