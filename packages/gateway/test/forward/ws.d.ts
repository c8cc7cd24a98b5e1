// ws brings no types of its own; this is what the tests use of it.
declare module 'ws' {
  import type { EventEmitter } from 'node:events'
  import type { Server } from 'node:http'

  export class WebSocket extends EventEmitter {
    constructor(url: string)
    send(data: string | Buffer, options?: { binary: boolean }): void
    close(code: number): void
    terminate(): void
    on(event: 'message', listener: (data: Buffer, isBinary: boolean) => void): this
    once(event: 'message', listener: (data: Buffer) => void): this
    once(event: 'open' | 'close', listener: (code: number) => void): this
  }

  export class WebSocketServer extends EventEmitter {
    constructor(options: { server: Server })
    readonly clients: Set<WebSocket>
    on(event: 'connection', listener: (socket: WebSocket) => void): this
  }
}
