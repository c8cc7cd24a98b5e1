import { createHash, randomBytes } from 'node:crypto'
import type { Exchange } from '../exchange/exchange.ts'

/** A request to change the protocol to WebSocket. */
export type WebSocketRequest = {
  /**
   * The key that we made for a client of HTTP/2, which has none (RFC 8441 §5). Undefined where the client brought
   * its own, and checks what becomes of it.
   */
  readonly key: string | undefined
}

export function webSocketRequest(exchange: Exchange): WebSocketRequest {
  const isExtendedConnect = exchange.protocol !== undefined
  return { key: isExtendedConnect ? randomBytes(16).toString('base64') : undefined }
}

/** Whether the service proved that it read our key (RFC 6455 §4.2.2). */
export function isAccepted(request: WebSocketRequest, fields: readonly string[]): boolean {
  if (request.key === undefined) return true
  const expected = createHash('sha1')
    .update(request.key + webSocketGuid)
    .digest('base64')
  for (let index = 0; index < fields.length; index += 2) {
    if (fields[index]?.toLowerCase() === acceptName) return fields[index + 1] === expected
  }
  return false
}

/** The fields of a 101 as an answer to an extended CONNECT has them. */
export function withoutAccept(fields: readonly string[]): string[] {
  const kept: string[] = []
  for (let index = 0; index < fields.length; index += 2) {
    if (fields[index]?.toLowerCase() === acceptName) continue
    kept.push(fields[index] ?? '', fields[index + 1] ?? '')
  }
  return kept
}

const acceptName = 'sec-websocket-accept'
const webSocketGuid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
