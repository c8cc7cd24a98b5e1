import { isIPv4, isIPv6 } from 'node:net'
import { canonicalAddress } from '../addresses/network.ts'
import { crc32c } from './crc32c.ts'

/** What stands before the first byte of a client, where a balancer says who that is (PROXY protocol). */
export type ProxyHeaderReading =
  | { readonly state: 'more' }
  | {
      readonly state: 'read'
      /** Bytes of the header. */
      readonly length: number
      /** Of the client; undefined where the balancer speaks for itself (LOCAL) or does not know (UNKNOWN). */
      readonly source: string | undefined
    }
  | { readonly state: 'refused'; readonly found: string }

/** The longest header of version 1 (§2.1 of the specification), line end included. */
const maxVersion1Bytes = 107
/** Version 2 allows 64 KiB; what balancers add to the addresses are a few hundred. */
export const maxProxyHeaderBytes = 4_096
const more: ProxyHeaderReading = { state: 'more' }
const signature2 = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
const signature1 = Buffer.from('PROXY ', 'latin1')
const headBytes = 16

/**
 * Reads a header of either version. Strict: whatever does not fit is refused, never guessed, since
 * behind a header that was misread everyone may be anyone.
 *
 * @param bytes everything received so far
 */
export function readProxyHeader(bytes: Buffer): ProxyHeaderReading {
  if (begins(bytes, signature2)) return bytes.length < headBytes ? more : readVersion2(bytes)
  if (begins(bytes, signature1)) return readVersion1(bytes)
  return refused(`bytes that begin no header: ${bytes.toString('hex', 0, 8)}`)
}

/** Whether bytes are a header, or could become one: to tell who sends one where none is expected. */
export function isProxyHeader(bytes: Buffer): boolean {
  return (
    bytes.subarray(0, signature2.length).equals(signature2) ||
    bytes.subarray(0, signature1.length).equals(signature1)
  )
}

function begins(bytes: Buffer, signature: Buffer): boolean {
  const length = Math.min(bytes.length, signature.length)
  return bytes.subarray(0, length).equals(signature.subarray(0, length))
}

const families: Readonly<Record<string, (text: string) => boolean>> = {
  TCP4: isIPv4,
  TCP6: (text) => isIPv6(text) && !text.includes('%'),
}
const port = /^(?:0|[1-9]\d{0,4})$/
const maxPort = 65_535

// PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n; single spaces, nothing left out.
function readVersion1(bytes: Buffer): ProxyHeaderReading {
  const end = bytes.indexOf('\r\n', 0, 'latin1')
  if (end < 0) {
    const isTooLong = bytes.length >= maxVersion1Bytes
    return isTooLong ? refused(`a line of more than ${maxVersion1Bytes} bytes`) : more
  }
  const length = end + 2
  if (length > maxVersion1Bytes) return refused(`a line of ${length} bytes`)
  const line = bytes.toString('latin1', 0, end)
  const [, family = '', source = '', destination = '', ...rest] = line.split(' ')
  // What stands behind UNKNOWN is to be passed over (§2.1).
  if (family === 'UNKNOWN') return { state: 'read', length, source: undefined }
  const isAddress = Object.hasOwn(families, family) ? families[family] : undefined
  if (isAddress === undefined) return refused(`the family ${JSON.stringify(family.slice(0, 20))}`)
  const isRight =
    isAddress(source) && isAddress(destination) && rest.length === 2 && rest.every(isPort)
  return isRight
    ? { state: 'read', length, source: canonicalAddress(source) }
    : refused(JSON.stringify(line))
}

function isPort(text: string): boolean {
  return port.test(text) && Number(text) <= maxPort
}

const commands = { local: 0x20, proxy: 0x21 } as const
/** Address family and transport in one byte (§2.2), and how many bytes the addresses take. */
const families2: Readonly<Record<number, { readonly bytes: number; readonly width: number }>> = {
  0x00: { bytes: 0, width: 0 },
  0x11: { bytes: 12, width: 4 },
  0x21: { bytes: 36, width: 16 },
}

function readVersion2(bytes: Buffer): ProxyHeaderReading {
  const command = bytes[12]
  if (command !== commands.local && command !== commands.proxy) {
    return refused(`version and command 0x${(command ?? 0).toString(16)}`)
  }
  const length = headBytes + bytes.readUInt16BE(14)
  if (length > maxProxyHeaderBytes) return refused(`a header of ${length} bytes`)
  if (bytes.length < length) return more
  const header = bytes.subarray(0, length)
  const isLocal = command === commands.local
  const family = families2[bytes[13] ?? 0]
  if (family === undefined && !isLocal) return refused(`family 0x${(bytes[13] ?? 0).toString(16)}`)
  // A balancer that speaks for itself may leave anything there (§2.2); its TLVs cannot be found then.
  if (family === undefined) return { state: 'read', length, source: undefined }
  const tlvs = headBytes + family.bytes
  if (tlvs > length) return refused(`addresses in ${length - headBytes} bytes`)
  const fault = tlvFault(header, tlvs)
  if (fault !== undefined) return refused(fault)
  const hasSource = !isLocal && family.width > 0
  const text = hasSource ? addressText(header.subarray(headBytes), family.width) : undefined
  const source = text === undefined ? undefined : canonicalAddress(text)
  return { state: 'read', length, source }
}

function addressText(bytes: Buffer, width: number): string {
  if (width === 4) return bytes.subarray(0, 4).join('.')
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16))
  return groups.join(':')
}

const checksumType = 0x03
const maxTlvs = 64

/** What is wrong with the type-length-values behind the addresses; undefined where nothing is. */
function tlvFault(header: Buffer, from: number): string | undefined {
  let seen = 0
  for (let at = from; at < header.length; ) {
    if (at + 3 > header.length) return 'half a TLV'
    if (++seen > maxTlvs) return `more than ${maxTlvs} TLVs`
    const type = header[at]
    const value = at + 3
    at = value + header.readUInt16BE(at + 1)
    if (at > header.length) return 'a TLV beyond the header'
    if (type === checksumType && !isChecksum(header, value, at)) return 'a wrong CRC32C'
  }
  return undefined
}

// Over the whole header, its own four bytes taken for 0 (§2.2.3).
function isChecksum(header: Buffer, from: number, to: number): boolean {
  if (to - from !== 4) return false
  const copy = Buffer.from(header)
  copy.writeUInt32BE(0, from)
  return crc32c(copy) === header.readUInt32BE(from)
}

function refused(found: string): ProxyHeaderReading {
  return { state: 'refused', found }
}
