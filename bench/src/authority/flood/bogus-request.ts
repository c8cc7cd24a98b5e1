/** A request that is refused, as bytes on a connection of its own. */
export type BogusRequest = {
  /** `https:` or `http:` origin that it goes to. */
  readonly origin: string
  readonly path: string
  readonly type: string
  readonly body: Buffer
}

/** One way to burden an authority. */
export type BogusKind = {
  readonly name: string
  readonly about: string
  readonly request: BogusRequest
}

/** What goes over the wire. */
export function bytesOfRequest({ origin, path, type, body }: BogusRequest): Buffer {
  const head = [
    `POST ${path} HTTP/1.1`,
    `Host: ${new URL(origin).host}`,
    `Content-Type: ${type}`,
    `Content-Length: ${body.length}`,
    'Connection: close',
    '\r\n',
  ]
  return Buffer.concat([Buffer.from(head.join('\r\n')), body])
}
