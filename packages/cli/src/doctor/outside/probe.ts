import { connect, type Socket } from 'node:net'
import tls from 'node:tls'

/** What came of a request: its status and code, or why none was answered. */
export type Probed =
  | { readonly kind: 'answered'; readonly status: number; readonly code: string | undefined }
  | { readonly kind: 'closed'; readonly found: string }
  /** Nobody is there at all. */
  | { readonly kind: 'away'; readonly found: string }

const away: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
])

const timeoutMs = 10_000
const maxAnswerBytes = 64 * 1024

/**
 * Sends one GET over a connection of its own, as anyone outside can. Whose certificate the server shows is
 * not checked: nothing is told to it that is not public.
 */
export async function probe(
  url: URL,
  { fields = [], preamble }: { fields?: readonly string[]; preamble?: Buffer },
): Promise<Probed> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const raw = connect({ host, port: Number(url.port || 443) })
  const deadline = setTimeout(() => raw.destroy(new Error('no answer in time')), timeoutMs)
  try {
    if (preamble !== undefined) raw.write(preamble)
    return parseAnswer(await exchange(raw, host, request(url, fields)))
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error)
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    return { kind: away.has(code) ? 'away' : 'closed', found }
  } finally {
    clearTimeout(deadline)
    raw.destroy()
  }
}

function request(url: URL, fields: readonly string[]): string {
  const lines = [
    `GET ${url.pathname}${url.search} HTTP/1.1`,
    `Host: ${url.host}`,
    'Accept: application/problem+json, */*',
    ...fields,
    'Connection: close',
  ]
  return `${lines.join('\r\n')}\r\n\r\n`
}

function exchange(raw: Socket, host: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const isName = !/^[0-9.]+$|:/.test(host)
    const socket = tls.connect({
      socket: raw,
      rejectUnauthorized: false,
      ALPNProtocols: ['http/1.1'],
      ...(isName ? { servername: host } : {}),
    })
    let answer = ''
    raw.on('error', reject)
    socket.on('error', reject)
    socket.on('secureConnect', () => socket.write(text))
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString('latin1')
      if (answer.length > maxAnswerBytes) socket.destroy()
    })
    socket.on('close', () =>
      answer === '' ? reject(new Error('the connection was closed')) : resolve(answer),
    )
  })
}

function parseAnswer(text: string): Probed {
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1]
  if (status === undefined) return { kind: 'closed', found: 'no answer of HTTP' }
  const code = /"code":\s*"([a-z0-9_]{1,80})"/.exec(text)?.[1]
  return { kind: 'answered', status: Number(status), code }
}

/** In words; equal where two answers mean the same. */
export function probedWords(probed: Probed): string {
  if (probed.kind !== 'answered') return 'no answer'
  return probed.code === undefined ? String(probed.status) : `${probed.status} ${probed.code}`
}
