import { openConnectionLoad, openHandshakeLoad } from './connection-load.ts'
import { openHttp1Load } from './http1-load.ts'
import { openHttp2Load } from './http2-load.ts'
import type { OpenLoad } from './load.ts'

export type LoadKind = 'http1' | 'http2' | 'handshake' | 'connection'

/** The kinds of load, by name. */
export const loads: Readonly<Record<LoadKind, OpenLoad>> = {
  http1: openHttp1Load,
  http2: openHttp2Load,
  handshake: openHandshakeLoad,
  connection: openConnectionLoad,
}
