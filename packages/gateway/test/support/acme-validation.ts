import { createHash, type X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import tls from 'node:tls'
import { octetsOf, parseCertificate, readDer, tags } from '@sallyport/pki'

type Validated = { readonly name: string; readonly token: string }

/** RFC 8555 §8.3. */
export async function checkHttp01(order: Validated, expected: string, port: number): Promise<void> {
  const path = `/.well-known/acme-challenge/${order.token}`
  const request = http.get({ host: '127.0.0.1', port, path, headers: { host: order.name } })
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  let found = ''
  for await (const chunk of response) found += String(chunk)
  if (response.statusCode === 200 && found.trimEnd() === expected) return
  throw new Error(`http-01: ${response.statusCode} ${found.slice(0, 100)}`)
}

/** RFC 8737 §3. */
export async function checkTlsAlpn01(
  order: Validated,
  expected: string,
  port: number,
): Promise<void> {
  const socket = tls.connect({
    host: '127.0.0.1',
    port,
    servername: order.name,
    ALPNProtocols: ['acme-tls/1'],
    rejectUnauthorized: false,
  })
  try {
    await once(socket, 'secureConnect')
    if (socket.alpnProtocol !== 'acme-tls/1') throw new Error('tls-alpn-01: another protocol')
    const found = socket.getPeerX509Certificate()
    if (found?.subjectAltName !== `DNS:${order.name}`) throw new Error('tls-alpn-01: other names')
    const extension = parseCertificate(found.raw).extensions.get('1.3.6.1.5.5.7.1.31')
    if (extension?.critical !== true) throw new Error('tls-alpn-01: not critical')
    const hash = octetsOf(readDer(extension.value).next(tags.octetString))
    if (!hash.equals(createHash('sha256').update(expected).digest())) {
      throw new Error('tls-alpn-01: another key authorization')
    }
  } finally {
    socket.destroy()
  }
}

/** Who a host shows itself as; or what the handshake broke off with. */
export async function shownBy(port: number, name: string): Promise<X509Certificate | string> {
  const socket = tls.connect({
    host: '127.0.0.1',
    port,
    servername: name,
    rejectUnauthorized: false,
  })
  try {
    await once(socket, 'secureConnect')
    return socket.getPeerX509Certificate() ?? 'no certificate'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    socket.destroy()
  }
}
