/** Longer first flights are not kept: OpenSSL, too, takes no chain over 100 KiB. */
export const maxFlightBytes = 128 * 1024

const recordTypes = { handshake: 22 } as const
const messageTypes = { certificate: 11, serverHelloDone: 14 } as const
const recordHeaderBytes = 5
const messageHeaderBytes = 4

/**
 * The certificates of what a server of TLS 1.2 sends before anything is encrypted, DER, in its order (RFC 5246 §7.4.2).
 * Undefined unless the flight is whole, down to its ServerHelloDone: of TLS 1.3 there is a ServerHello alone. What is in
 * the certificates is not looked at.
 *
 * @param bytes everything from the server so far, from the first record on
 */
export function firstFlightCertificates(bytes: Buffer): Buffer[] | undefined {
  const messages = handshakeMessages(plainHandshake(bytes))
  if (!messages.some(({ type }) => type === messageTypes.serverHelloDone)) return undefined
  const certificate = messages.find(({ type }) => type === messageTypes.certificate)
  return certificate === undefined ? undefined : certificateList(certificate.body)
}

/** The contents of the handshake records that come first, joined: messages are cut and packed as servers like (§6.2.1). */
function plainHandshake(bytes: Buffer): Buffer {
  const parts: Buffer[] = []
  for (let at = 0; at + recordHeaderBytes <= bytes.length; ) {
    const end = at + recordHeaderBytes + bytes.readUInt16BE(at + 3)
    if (bytes[at] !== recordTypes.handshake || end > bytes.length) break
    parts.push(bytes.subarray(at + recordHeaderBytes, end))
    at = end
  }
  return Buffer.concat(parts)
}

type Message = { readonly type: number; readonly body: Buffer }

function handshakeMessages(bytes: Buffer): Message[] {
  const messages: Message[] = []
  for (let at = 0; at + messageHeaderBytes <= bytes.length; ) {
    const end = at + messageHeaderBytes + bytes.readUIntBE(at + 1, 3)
    if (end > bytes.length) break
    messages.push({ type: bytes.readUInt8(at), body: bytes.subarray(at + messageHeaderBytes, end) })
    at = end
  }
  return messages
}

/** Lengths of three bytes, of the list and of each certificate, which together fill the message. */
function certificateList(body: Buffer): Buffer[] | undefined {
  if (body.length < 3 || body.readUIntBE(0, 3) !== body.length - 3) return undefined
  const certificates: Buffer[] = []
  for (let at = 3; at < body.length; ) {
    if (at + 3 > body.length) return undefined
    const end = at + 3 + body.readUIntBE(at, 3)
    if (end > body.length) return undefined
    certificates.push(body.subarray(at + 3, end))
    at = end
  }
  return certificates
}
