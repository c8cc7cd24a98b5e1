/** A ClientHello (RFC 8446 §4.1.2), as far as the gateway decides by it. */
export type ClientHello = {
  /** Lower case, without a trailing dot. Undefined where the client named no host. */
  readonly serverName: string | undefined
  /** As offered, in order. Empty where the client has no ALPN. */
  readonly alpnProtocols: readonly string[]
  /** The body of the handshake message, for whoever fingerprints clients. */
  readonly body: Buffer
}

export type ClientHelloFault = 'handshake_client_hello_invalid' | 'handshake_client_hello_too_large'

export type ClientHelloReading =
  | { readonly state: 'more' }
  | { readonly state: 'read'; readonly hello: ClientHello }
  | { readonly state: 'refused'; readonly code: ClientHelloFault; readonly found: string }

/** No client sends as much: with post-quantum key shares a ClientHello is about 1.8 KiB. */
export const maxClientHelloBytes = 16 * 1024

const more: ClientHelloReading = { state: 'more' }
const recordHeaderBytes = 5
const messageHeaderBytes = 4
const clientHelloType = 1
const maxRecords = 64

/**
 * Reads the first flight of a client: one ClientHello, in one record or in many, complete or not yet.
 * Strict: any length that does not fit, any byte left over, any extension twice is refused.
 *
 * @param bytes everything received so far
 */
export function readClientHello(bytes: Buffer): ClientHelloReading {
  const message = joinRecords(bytes)
  if (!Buffer.isBuffer(message)) return message
  try {
    return { state: 'read', hello: parseBody(message) }
  } catch (error) {
    if (error instanceof RangeError) return invalid(error.message)
    throw error
  }
}

// RFC 8446 §5.1: a handshake message may be spread over several records, each of one byte or more,
// and the ClientHello shares a record with nothing else. Records behind it are TLS's business.
function joinRecords(bytes: Buffer): Buffer | ClientHelloReading {
  const parts: Buffer[] = []
  let received = 0
  let expected: number | undefined
  for (let at = 0; ; ) {
    const type = bytes[at]
    if (type !== undefined && type !== 22) return invalid(`record type ${type}`)
    const major = bytes[at + 1]
    if (major !== undefined && major !== 3) return invalid(`record version ${major}`)
    const start = at + recordHeaderBytes
    if (bytes.length < start) return more
    const length = bytes.readUInt16BE(at + 3)
    if (length === 0) return invalid('an empty record')
    const part = bytes.subarray(start, start + length)
    if (parts.push(part) > maxRecords) return invalid(`more than ${maxRecords} records`)
    if (received === 0 && part.length > 0 && part[0] !== clientHelloType) {
      return invalid(`handshake message ${part[0]}`)
    }
    received += part.length
    // Joined once for the length and once for the whole: a client that sends byte by byte would have
    // all that it sent before copied again and again.
    if (expected === undefined && received >= messageHeaderBytes) {
      expected = messageHeaderBytes + joined(parts).readUIntBE(1, 3)
      if (expected > maxClientHelloBytes) return tooLarge(`a ClientHello of ${expected} bytes`)
    }
    if (expected !== undefined && received > expected)
      return invalid('bytes behind the ClientHello')
    if (received === expected) return joined(parts).subarray(messageHeaderBytes)
    if (part.length < length) return more
    at = start + length
  }
}

function joined(parts: readonly Buffer[]): Buffer {
  const [first] = parts
  return parts.length === 1 && first !== undefined ? first : Buffer.concat(parts)
}

function parseBody(body: Buffer): ClientHello {
  const reader = { bytes: body, at: 0, end: body.length }
  skip(reader, 2 + 32)
  vector(reader, 1, 0, 32)
  const suites = vector(reader, 2, 2, 0xfffe)
  if ((suites.end - suites.at) % 2 !== 0) throw new RangeError('half a cipher suite')
  vector(reader, 1, 1, 0xff)
  let serverName: string | undefined
  let alpnProtocols: readonly string[] = []
  // RFC 8446 §4.1.2: a ClientHello of TLS 1.2 may have no extensions at all.
  if (reader.at < reader.end) {
    const extensions = vector(reader, 2, 0, 0xffff)
    const seen = new Set<number>()
    while (extensions.at < extensions.end) {
      const type = integer(extensions, 2)
      if (seen.has(type)) throw new RangeError(`extension ${type} twice`)
      seen.add(type)
      const data = vector(extensions, 2, 0, 0xffff)
      if (type === extension.serverName) serverName = readServerName(data)
      else if (type === extension.alpn) alpnProtocols = readAlpn(data)
    }
    if (reader.at !== reader.end) throw new RangeError('bytes behind the extensions')
  }
  return { serverName, alpnProtocols, body }
}

const extension = { serverName: 0, alpn: 16 } as const

// RFC 6066 §3: exactly one name of type host_name, an ASCII DNS name without a trailing dot.
function readServerName(data: Cursor): string {
  const list = vector(data, 2, 1, 0xffff)
  if (data.at !== data.end) throw new RangeError('bytes behind the server name')
  const type = integer(list, 1)
  if (type !== 0) throw new RangeError(`server name of type ${type}`)
  const name = vector(list, 2, 1, 255)
  if (list.at !== list.end) throw new RangeError('more than one server name')
  const text = name.bytes.toString('latin1', name.at, name.end).toLowerCase()
  if (!dnsName.test(text)) throw new RangeError('a server name that is no DNS name')
  return text.endsWith('.') ? text.slice(0, -1) : text
}

const dnsName = /^[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_](?:[a-z0-9_-]{0,62}))*\.?$/

// RFC 7301 §3.1.
function readAlpn(data: Cursor): string[] {
  const list = vector(data, 2, 2, 0xffff)
  if (data.at !== data.end) throw new RangeError('bytes behind the protocols')
  const names: string[] = []
  while (list.at < list.end) {
    const name = vector(list, 1, 1, 255)
    names.push(name.bytes.toString('latin1', name.at, name.end))
  }
  return names
}

type Cursor = { readonly bytes: Buffer; at: number; readonly end: number }

function skip(cursor: Cursor, count: number): void {
  if (cursor.at + count > cursor.end) throw new RangeError('it ends too early')
  cursor.at += count
}

function integer(cursor: Cursor, width: number): number {
  const at = cursor.at
  skip(cursor, width)
  return cursor.bytes.readUIntBE(at, width)
}

/** A vector (RFC 8446 §3.4): its length in `width` bytes, then as many. Moves behind it. */
function vector(cursor: Cursor, width: number, minimum: number, maximum: number): Cursor {
  const length = integer(cursor, width)
  if (length < minimum || length > maximum) throw new RangeError(`a vector of ${length} bytes`)
  const at = cursor.at
  skip(cursor, length)
  return { bytes: cursor.bytes, at, end: cursor.at }
}

function invalid(found: string): ClientHelloReading {
  return { state: 'refused', code: 'handshake_client_hello_invalid', found }
}

function tooLarge(found: string): ClientHelloReading {
  return { state: 'refused', code: 'handshake_client_hello_too_large', found }
}
