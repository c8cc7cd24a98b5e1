import assert from 'node:assert/strict'
import http2 from 'node:http2'
import https from 'node:https'
import type { TLSSocket } from 'node:tls'
import { after, test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import type { UpstreamConfig } from '../../src/forward/upstream-config.ts'
import { makeCertificates } from './certificates.ts'
import { ask } from './client.ts'
import { listen, portOf, startEdge } from './edge.ts'
import { httpService } from './service.ts'

const certificates = makeCertificates()
after(() => certificates[Symbol.dispose]())
const { caFile, strangerCaFile, server, client, ca } = certificates

async function tlsService(options: https.ServerOptions = {}) {
  const service = https.createServer({ ...server, ...options }, (req, res) => {
    const socket = req.socket as TLSSocket
    const subject = socket.getPeerCertificate().subject?.CN ?? 'nobody'
    res.end(`${String(subject)} ${String(socket.servername)} ${String(socket.isSessionReused())}`)
  })
  service.on('tlsClientError', () => {})
  await listen(service)
  return {
    port: portOf(service),
    async [Symbol.asyncDispose]() {
      service.closeAllConnections()
      service.close()
    },
  }
}

async function answerOf(config: UpstreamConfig) {
  await using edge = await startEdge(config)
  const answer = await ask(edge.port)
  const outcome = await edge.outcome(0)
  return { ...answer, outcome }
}

test('a service whose certificate is under caFile is answered for, by name and by address', async () => {
  await using service = await tlsService()
  const byName = await answerOf({ targets: [`https://localhost:${service.port}`], caFile })
  assert.equal(byName.body, 'nobody localhost false')
  const byAddress = await answerOf({ targets: [`https://127.0.0.1:${service.port}`], caFile })
  assert.equal(byAddress.body, 'nobody false false')
})

test('a service under another CA is refused, and the caller is told no more than unreachable', async () => {
  await using service = await tlsService()
  const answer = await answerOf({
    targets: [`https://localhost:${service.port}`],
    caFile: strangerCaFile,
  })
  assert.equal(answer.status, 502)
  assert.match(answer.body, /"code":"upstream_unreachable"/)
  assert.match(answer.headers['proxy-status']?.toString() ?? '', /error=destination_unavailable/)
  assert.equal(answer.outcome.code, 'upstream_untrusted')
  assert.match(answer.outcome.found ?? '', /UNABLE_TO_VERIFY|SELF_SIGNED|unable to/i)
})

test('a certificate of another name is refused, unless serverName says so', async () => {
  await using service = await tlsService()
  const wrong = await answerOf({
    targets: [`https://localhost:${service.port}`],
    caFile,
    serverName: 'orders.example.com',
  })
  assert.equal(wrong.outcome.code, 'upstream_untrusted')
  assert.match(wrong.outcome.found ?? '', /ERR_TLS_CERT_ALTNAME_INVALID/)
  const right = await answerOf({
    targets: [`https://127.0.0.1:${service.port}`],
    caFile,
    serverName: 'localhost',
  })
  assert.equal(right.body, 'nobody localhost false')
})

test('the client certificate is sent to a service that asks for one', async () => {
  await using service = await tlsService({ requestCert: true, rejectUnauthorized: true, ca })
  const targets = [`https://localhost:${service.port}`]
  assert.match((await answerOf({ targets, caFile, ...client })).body, /^client /)
  const without = await answerOf({ targets, caFile })
  assert.equal(without.status, 502)
})

test('a second connection resumes the TLS session of the first', async () => {
  await using service = await tlsService()
  await using edge = await startEdge({
    targets: [`https://localhost:${service.port}`],
    caFile,
    pool: { idleMs: 1 },
  })
  assert.match((await ask(edge.port)).body, /false$/)
  await new Promise((resolve) => setTimeout(resolve, 100))
  assert.match((await ask(edge.port)).body, /true$/)
})

test('a service of HTTP/2 over TLS is found by ALPN', async () => {
  const service = http2.createSecureServer({ ...server })
  service.on('stream', (stream: http2.ServerHttp2Stream) => {
    stream.respond({ ':status': 200 })
    stream.end('h2')
  })
  await listen(service)
  const config = {
    targets: [`https://localhost:${portOf(service)}`],
    caFile,
    protocol: 'h2' as const,
  }
  assert.equal((await answerOf(config)).body, 'h2')
  service.close()
})

test('a service that offers no HTTP/2 where it should is 502 upstream_response_invalid', async () => {
  await using service = await tlsService({ ALPNProtocols: ['http/1.1'] })
  const answer = await answerOf({
    targets: [`https://localhost:${service.port}`],
    caFile,
    protocol: 'h2',
  })
  assert.equal(answer.status, 502)
  assert.equal(answer.outcome.upstream, 'service')
})

test('a service that speaks no TLS where it should is 502', async () => {
  await using service = await httpService((_req, res) => res.end())
  const answer = await answerOf({ targets: [`https://127.0.0.1:${service.port}`], caFile })
  assert.equal(answer.status, 502)
  assert.equal(answer.outcome.code, 'upstream_unreachable')
})

test('an answer over TLS that breaks off is cut off', async () => {
  const service = https.createServer({ ...server }, (req, res) => {
    res.writeHead(200, { 'Content-Length': 10 })
    res.write('half', () => req.socket.destroy())
  })
  await listen(service)
  const answer = await answerOf({ targets: [`https://localhost:${portOf(service)}`], caFile })
  assert.equal(answer.isComplete, false)
  service.close()
})

test('files that cannot be read or used are refused when the upstream is made', async () => {
  const targets = ['https://localhost:1']
  const cases: [UpstreamConfig, string][] = [
    [{ targets, caFile: '/nowhere/ca.pem' }, 'config_unreadable'],
    [{ targets, certificateFile: client.certificateFile }, 'config_invalid'],
    [{ targets, certificateFile: caFile, keyFile: client.keyFile }, 'config_invalid'],
  ]
  for (const [config, code] of cases) {
    await assert.rejects(startEdge(config), (error) => isProblem(error) && error.code === code)
  }
})
