/** Frames of HTTP/2 (RFC 9113 §4), as much of them as asking needs. */

export const frameTypes = {
  data: 0,
  headers: 1,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
} as const

export const flags = { endStream: 1, acknowledge: 1, endHeaders: 4 } as const

export type Frame = {
  readonly type: number
  readonly flags: number
  readonly stream: number
  readonly payload: Buffer
}

const headerBytes = 9

export function encodeFrame({ type, flags, stream, payload }: Frame): Buffer {
  const bytes = Buffer.allocUnsafe(headerBytes + payload.length)
  bytes.writeUIntBE(payload.length, 0, 3)
  bytes[3] = type
  bytes[4] = flags
  bytes.writeUInt32BE(stream, 5)
  payload.copy(bytes, headerBytes)
  return bytes
}

/** Cuts what a connection receives into frames. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0)

  /** Calls back with each frame that is whole now. Payloads are views of the chunk. */
  push(chunk: Buffer, receive: (frame: Frame) => void): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    let at = 0
    while (bytes.length - at >= headerBytes) {
      const end = at + headerBytes + bytes.readUIntBE(at, 3)
      if (end > bytes.length) break
      receive({
        type: bytes.readUInt8(at + 3),
        flags: bytes.readUInt8(at + 4),
        stream: bytes.readUInt32BE(at + 5) & 0x7f_ff_ff_ff,
        payload: bytes.subarray(at + headerBytes, end),
      })
      at = end
    }
    this.#rest = Buffer.from(bytes.subarray(at))
  }
}
