import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import tls from 'node:tls'
import { devicePaths } from '@sallyport/wire'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import { httpCall } from '../fixture/http-call.ts'
import { enroll, enrollmentOf, makeKey, takeChallenge } from '../fixture/phone.ts'

let deployment: Deployment
before(async () => {
  deployment = await deploy()
})
after(() => deployment.close())

/** Bytes as they are, over TLS; resolves with what came back when the other side closed. */
function raw(bytes: string | Buffer, milliseconds = 20_000): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const { hostname, port } = new URL(deployment.authority.addresses.device)
  const socket = tls.connect({ host: hostname, port: Number(port), ca: deployment.caPem })
  let text = ''
  socket.setEncoding('utf8')
  socket.on('secureConnect', () => socket.write(bytes))
  socket.on('data', (chunk: string) => {
    text += chunk
  })
  socket.on('error', () => resolve(text))
  socket.on('close', () => resolve(text))
  socket.setTimeout(milliseconds, () => {
    socket.destroy()
    reject(new Error(`still open after ${milliseconds} ms`))
  })
  return promise
}

const stillServes = async () =>
  assert.equal((await enroll(deployment)).issued.assurance, 'software')

test('a body above 64 KiB is refused before it is parsed', async () => {
  const body = { ...enrollmentOf(makeKey(), 'A'.repeat(43)), csr: 'A'.repeat(1024 * 1024) }
  const answer = await deployment.device(devicePaths.certificates, { body })
  assert.equal(answer.status, 413)
  assert.equal(answer.body.code, 'body_too_large')
  await stillServes()
})

test('an id in the address that is longer than any is refused as that, at every listener', async () => {
  const { device, admin } = deployment.authority.addresses
  const calls = [
    { at: `${device}${devicePaths.devices}/`, method: 'DELETE' },
    { at: `${admin}/admin/v1/devices/`, method: 'GET' },
  ]
  for (const { at, method } of calls) {
    const answer = await httpCall(`${at}${'a'.repeat(201)}`, { ca: deployment.caPem, method })
    assert.equal(`${answer.status} ${answer.body.code}`, '400 request_target_invalid')
  }
})

test('a signing request above its limit is refused by its shape', async () => {
  const body = {
    ...enrollmentOf(makeKey(), await takeChallenge(deployment)),
    csr: 'A'.repeat(20_000),
  }
  const answer = await deployment.device(devicePaths.certificates, { body })
  assert.equal(answer.status, 400)
  assert.equal(answer.body.code, 'message_malformed')
})

for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml', '']) {
  test(`a body of type "${type}" is refused`, async () => {
    const answer = await deployment.device(devicePaths.challenges, {
      text: '{"appId":"wallet","purpose":"enroll"}',
      headers: { 'content-type': type },
    })
    assert.equal(answer.status, 415, answer.text)
    assert.equal(answer.body.code, 'media_type_unsupported')
  })
}

const texts: { name: string; text: string }[] = [
  { name: 'that is not JSON', text: '{"appId":' },
  { name: 'that is empty', text: '' },
  { name: 'that sets a prototype', text: '{"appId":"wallet","__proto__":{"purpose":"enroll"}}' },
  { name: 'that is nested very deeply', text: '['.repeat(30_000) + ']'.repeat(30_000) },
  { name: 'that is null', text: 'null' },
  {
    name: 'with a deep member in its evidence',
    text: `{"appId":"wallet","evidence":{"format":"development","x":${'{"y":'.repeat(9_000)}1${'}'.repeat(9_000)}}}`,
  },
]
for (const { name, text } of texts) {
  test(`a body ${name} is a malformed message`, async () => {
    const answer = await deployment.device(devicePaths.certificates, {
      text,
      headers: { 'content-type': 'application/json' },
    })
    assert.equal(answer.status, 400, answer.text)
    assert.equal(answer.body.code, 'message_malformed')
    await stillServes()
  })
}

test('what is not HTTP is answered with a problem and closed', async () => {
  const answer = await raw('SSH-2.0-OpenSSH_9.6\r\n\r\n')
  assert.match(answer, /^HTTP\/1\.1 400 /)
  assert.match(answer, /request_malformed/)
})

test('both Content-Length and Transfer-Encoding are refused', async () => {
  const answer = await raw(
    'POST /device/v1/challenges HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n' +
      'content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
  )
  assert.match(answer, /^HTTP\/1\.1 400 /)
})

test('a header section above 16 KiB is refused', async () => {
  const answer = await raw(`GET / HTTP/1.1\r\nhost: x\r\nx-long: ${'x'.repeat(20_000)}\r\n\r\n`)
  assert.match(answer, /^HTTP\/1\.1 431 /)
})

test('a header with NUL is refused', async () => {
  const answer = await raw('GET / HTTP/1.1\r\nhost: x\r\nx-bad: a\0b\r\n\r\n')
  assert.match(answer, /^HTTP\/1\.1 400 /)
})

test('a client that sends its header section too slowly is closed', async () => {
  const began = performance.now()
  const answer = await raw('GET /device/v1/me HTTP/1.1\r\nhost: x\r\n')
  assert.ok(performance.now() - began < 12_000)
  assert.match(answer, /^HTTP\/1\.1 408 /)
})

test('half a ClientHello is closed in time', async () => {
  const { hostname, port } = new URL(deployment.authority.addresses.device)
  const socket = connect(Number(port), hostname)
  const began = performance.now()
  socket.write(Buffer.from('160301020001', 'hex'))
  socket.on('error', () => undefined)
  await once(socket.resume(), 'close')
  assert.ok(performance.now() - began < 10_000)
})

test('a client that never speaks TLS does not hold others up', async () => {
  const { hostname, port } = new URL(deployment.authority.addresses.device)
  const sockets = Array.from({ length: 50 }, () => connect(Number(port), hostname))
  await stillServes()
  for (const socket of sockets) socket.destroy()
})

test('a path that is not there is a problem without a trace', async () => {
  const answer = await deployment.device('/device/v1/nothing')
  assert.equal(answer.status, 404)
  assert.equal(answer.body.code, 'not_found')
  const bad = await raw('GET /device/v1/%ff HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
  assert.match(bad, /^HTTP\/1\.1 4\d\d /)
})

test('every answer names its request, and a refusal its support code', async () => {
  const answer = await deployment.device(devicePaths.me)
  assert.equal(answer.status, 401)
  assert.equal(answer.headers['x-request-id'], answer.body.requestId)
  assert.match(answer.body.supportCode, /^[A-Z2-7]{4}-[A-Z2-7]{4}$/)
  assert.equal(answer.headers['cache-control'], 'no-store')
})
