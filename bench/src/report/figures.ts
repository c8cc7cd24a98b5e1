/** What is told of each gateway, in the order of the rows. */
export const figures = {
  http1Cpu: {
    title: 'CPU per kept-alive request, HTTP/1.1',
    unit: 'µs',
    digits: 1,
    limit: { ratio: 2.3 },
  },
  http2Cpu: { title: 'CPU per kept-alive request, HTTP/2', unit: 'µs', digits: 1 },
  handshakeCpu: {
    title: 'CPU per full handshake',
    unit: 'µs',
    digits: 0,
    limit: { ratio: 1.6 },
  },
  connectionCpu: { title: 'CPU per new connection with one request', unit: 'µs', digits: 0 },
  http1P99: { title: '99th percentile of latency, HTTP/1.1', unit: 'ms', digits: 2 },
  http2P99: { title: '99th percentile of latency, HTTP/2', unit: 'ms', digits: 2 },
  idleMemory: {
    title: 'Resident memory, idle after the start',
    unit: 'MB',
    digits: 0,
    limit: { value: 120 },
  },
  busyMemory: { title: 'Resident memory, after the load', unit: 'MB', digits: 0 },
} as const satisfies Record<string, Figure>

export type Figure = {
  readonly title: string
  readonly unit: 'µs' | 'ms' | 'MB'
  readonly digits: number
  /** What Sallyport is held to: a ratio to the base, or a value of its own. */
  readonly limit?: { readonly ratio: number } | { readonly value: number }
}

export type FigureName = keyof typeof figures

export const figureNames = Object.keys(figures) as FigureName[]

/** By figure, one measurement a round. */
export type Samples = Readonly<Record<FigureName, readonly number[]>>
