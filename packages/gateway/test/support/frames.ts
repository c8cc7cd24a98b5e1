import type { TLSSocket } from 'node:tls'

/** Frames of HTTP/2 by hand (RFC 9113 §4.1), for what no client would send. */
export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Buffer = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

export const frameType = {
  data: 0,
  headers: 1,
  resetStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  continuation: 9,
} as const

export const preface = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  frame(frameType.settings, 0, 0),
])

/** HPACK (RFC 7541 §6.2.2): a field that is indexed nowhere. */
export function literal(name: string, value: string): Buffer {
  const text = (bytes: Buffer) => {
    // §5.1: lengths from 127 on take further bytes of seven bits.
    if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes])
    const more: number[] = []
    let rest = bytes.length - 127
    for (; rest >= 128; rest >>= 7) more.push((rest & 127) | 128)
    return Buffer.concat([Buffer.from([127, ...more, rest]), bytes])
  }
  return Buffer.concat([Buffer.from([0]), text(Buffer.from(name)), text(Buffer.from(value))])
}

export function requestFields(authority: string, path = '/'): Buffer {
  return Buffer.concat([
    literal(':method', 'GET'),
    literal(':scheme', 'https'),
    literal(':authority', authority),
    literal(':path', path),
  ])
}

/** Collects what comes until the connection ends. The last GOAWAY's error code, where there was one. */
export async function goAwayCode(socket: TLSSocket): Promise<number | undefined> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  await new Promise((resolve) => socket.on('close', resolve))
  const bytes = Buffer.concat(chunks)
  let code: number | undefined
  for (let at = 0; at + 9 <= bytes.length; ) {
    const length = bytes.readUIntBE(at, 3)
    if (bytes[at + 3] === frameType.goAway && at + 17 <= bytes.length) {
      code = bytes.readUInt32BE(at + 13)
    }
    at += 9 + length
  }
  return code
}
