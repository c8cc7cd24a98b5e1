import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import net from 'node:net'
import { test } from 'node:test'
import tls from 'node:tls'
import { ask, askOnce, closed, connect, connectHttp2, eventually } from './support/client.ts'
import { startBed } from './support/gateway.ts'

const host = 'api.example.com'
const hosts = { [host]: { clientCertificate: 'off' } }

const wild = [
  `/"}\u0020`,
  '/\\u000a{"status":200}',
  '/%0a%0d',
  '/a"b\\c',
  '/\x7f',
  '/\xe2\x80\xa8',
  `/${'x'.repeat(9_000)}`,
  '/<script>',
  '/{"requestId":"req_x"}',
  '/$(id)`id`',
]

test('a line of the access log is one JSON object, whatever was asked', async (t) => {
  const bed = await startBed(t, { hosts })
  for (const path of wild) {
    for (const authority of [host, `${host}"}`, '\u00e9', "a'b"]) {
      const socket = await connect(bed)
      const over = closed(socket)
      socket.write(
        Buffer.from(
          `GET ${path} HTTP/1.1\r\nHost: ${authority}\r\nUser-Agent: "}\t{\r\nConnection: close\r\n\r\n`,
          'latin1',
        ),
      )
      socket.resume()
      await over
    }
  }
  const session = await connectHttp2(bed)
  for (const method of ['A"B', "A'\u0060B", 'X'.repeat(500)]) {
    const stream = session.request({ ':method': method, ':path': '/x', ':authority': host })
    stream.on('error', () => {})
    stream.resume()
    await closed(stream)
  }
  session.destroy()
  assert.equal((await askOnce(bed, undefined, '/the-last')).status, 200)
  await eventually(async () => (await readFile(bed.accessLog, 'utf8')).includes('/the-last'))
  const text = await readFile(bed.accessLog, 'latin1')
  assert.match(text, /^[\x20-\x7e\n]*$/, 'nothing but printable ASCII')
  for (const line of text.trimEnd().split('\n')) {
    const entry = JSON.parse(line) as Record<string, unknown>
    assert.match(String(entry['requestId']), /^req_[a-z2-7]{26}$/)
    assert(line.length < 3_000)
  }
})

test('how many series the metrics have is not for strangers to say', async (t) => {
  const bed = await startBed(t, { hosts })
  const page = async () => (await fetch(`${bed.operations}/metrics`)).text()
  const series = async (): Promise<number> => (await page()).split('\n').length
  const provoke = async (round: number): Promise<void> => {
    const socket = await connect(bed)
    for (let count = 0; count < 20; count++) await ask(socket, `/${round}/${count}`)
    socket.destroy()
    await askOnce(bed, undefined, '/%2f')
    await askOnce(bed, undefined, `/${round}`, { method: 'TRACE' })
    const named = await connect(bed)
    await ask(named, '/', { host: `h${round}.example.com` })
    named.destroy()
    const unknown = tls.connect({
      port: bed.port,
      host: '127.0.0.1',
      servername: `sni${round}.example.com`,
      rejectUnauthorized: false,
    })
    unknown.on('error', () => {})
    await closed(unknown)
    const garbage = net.connect(bed.port, '127.0.0.1')
    garbage.end(`garbage ${round}`)
    garbage.resume()
    await closed(garbage)
  }
  await provoke(0)
  const before = await series()
  for (let round = 1; round < 10; round++) await provoke(round)
  assert.equal(await series(), before)
  assert.doesNotMatch(await page(), /sni\d|h\d\.example|TRACE/)
})
