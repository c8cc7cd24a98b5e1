import type { TLSSocket } from 'node:tls'
import {
  type DeviceConnectionOptions,
  deviceConnectionOptions,
  openConnection,
} from './device-connection.ts'
import { beginsWithStatus200, headerBlock } from './header-block.ts'
import { encodeFrame, type Frame, FrameReader, flags, frameTypes } from './http2-frame.ts'
import type { Load, LoadTarget } from './load.ts'
import { sampleFields, sampleRequest } from './sample-request.ts'
import { Slots } from './slots.ts'

/** Streams at a time on each connection. */
const streamsPerConnection = 8
/** Large enough that no answer waits for it; the connection's is topped up when half is used. */
const windowBytes = 8 * 1024 * 1024
const settingInitialWindowSize = 4
const defaultWindowBytes = 65_535
const nothing = Buffer.alloc(0)

/** Requests over a few kept-alive connections, several streams at a time on each. */
export async function openHttp2Load(target: LoadTarget, concurrency: number): Promise<Load> {
  const options = deviceConnectionOptions(target, 'h2')
  const block = headerBlock(target.site.serverName, sampleRequest.path, sampleFields(target.site))
  const count = Math.max(1, Math.round(concurrency / streamsPerConnection))
  const connections = await Promise.all(
    Array.from({ length: count }, () => Http2Connection.open(options, block)),
  )
  return {
    run: (requests) => {
      const slots = new Slots(requests)
      for (const connection of connections) connection.begin(slots)
      return slots.whole
    },
    close: () => {
      for (const connection of connections) connection.close()
    },
  }
}

/** A client of our own: `node:http2` would cost more than the gateways that are measured. */
class Http2Connection {
  readonly #socket: TLSSocket
  readonly #block: Buffer
  readonly #reader = new FrameReader()
  /** When each open stream began. */
  readonly #open = new Map<number, number>()
  #out: Buffer[] = []
  #slots: Slots | undefined
  #nextStream = 1
  #usedWindow = 0

  static async open(options: DeviceConnectionOptions, block: Buffer): Promise<Http2Connection> {
    return new Http2Connection(await openConnection(options), block)
  }

  constructor(socket: TLSSocket, block: Buffer) {
    this.#socket = socket
    this.#block = block
    socket.on('data', (chunk: Buffer) => {
      this.#reader.push(chunk, (frame) => this.#receive(frame))
      this.#flush()
    })
    socket.on('error', (error) => this.#slots?.fail(error))
    socket.on('close', () => this.#slots?.fail(new Error('the gateway closed a connection')))
    const settings = Buffer.alloc(6)
    settings.writeUInt16BE(settingInitialWindowSize, 0)
    settings.writeUInt32BE(windowBytes, 2)
    this.#out.push(Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'))
    this.#send(frameTypes.settings, 0, 0, settings)
    this.#grantWindow(windowBytes - defaultWindowBytes)
    this.#flush()
  }

  begin(slots: Slots): void {
    this.#slots = slots
    for (let stream = 0; stream < streamsPerConnection; stream++) this.#ask()
    this.#flush()
  }

  close(): void {
    this.#slots = undefined
    this.#socket.destroy()
  }

  #ask(): void {
    if (this.#slots?.take() !== true) return
    const stream = this.#nextStream
    this.#nextStream += 2
    this.#open.set(stream, performance.now())
    this.#send(frameTypes.headers, flags.endStream | flags.endHeaders, stream, this.#block)
  }

  #receive(frame: Frame): void {
    const { type, stream } = frame
    if (type === frameTypes.data) this.#use(frame.payload.length)
    if (type === frameTypes.headers && !beginsWithStatus200(frame.payload)) {
      this.#slots?.fail(new Error(`expected :status 200, found ${frame.payload.toString('hex')}`))
    } else if (type === frameTypes.data || type === frameTypes.headers) {
      if ((frame.flags & flags.endStream) === 0) return
      const begunAt = this.#open.get(stream)
      if (begunAt === undefined) return
      this.#open.delete(stream)
      this.#slots?.done(begunAt)
      this.#ask()
    } else if (type === frameTypes.settings && (frame.flags & flags.acknowledge) === 0) {
      this.#send(frameTypes.settings, flags.acknowledge, 0, nothing)
    } else if (type === frameTypes.ping && (frame.flags & flags.acknowledge) === 0) {
      this.#send(frameTypes.ping, flags.acknowledge, 0, frame.payload)
    } else if (type === frameTypes.rstStream || type === frameTypes.goaway) {
      this.#slots?.fail(new Error(`frame of type ${type}: ${frame.payload.toString('hex')}`))
    }
  }

  #use(bytes: number): void {
    this.#usedWindow += bytes
    if (this.#usedWindow < windowBytes / 2) return
    this.#grantWindow(this.#usedWindow)
    this.#usedWindow = 0
  }

  #grantWindow(bytes: number): void {
    const payload = Buffer.alloc(4)
    payload.writeUInt32BE(bytes)
    this.#send(frameTypes.windowUpdate, 0, 0, payload)
  }

  #send(type: number, frameFlags: number, stream: number, payload: Buffer): void {
    this.#out.push(encodeFrame({ type, flags: frameFlags, stream, payload }))
  }

  #flush(): void {
    if (this.#out.length === 0) return
    this.#socket.write(Buffer.concat(this.#out))
    this.#out = []
  }
}
