import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, askHttp2, askOnce, closed, connect, connectHttp2 } from './support/client.ts'
import { type Bed, route, startBed } from './support/gateway.ts'
import type { TestContext } from 'node:test'

const host = 'api.example.com'

/** Everything below /v1 is open to any device, but one path that no device of the test may have. */
async function setUp(t: TestContext): Promise<{ bed: Bed; open: typeof connect }> {
  const bed = await startBed(t, {
    hosts: {
      [host]: {
        clientCertificate: 'explain',
        routes: [
          route({ match: { path: '/v1/*' } }),
          route({
            match: { path: '/v1/admin' },
            stages: { device: { minimumAssurance: 'strongbox' } },
          }),
        ],
      },
    },
  })
  return { bed, open: connect }
}

const roundabout = [
  '/v1/admin',
  '/v1/admin/',
  '/v1/admin?x',
  '/v1//admin',
  '/v1/admin//',
  '/v1/admin;x',
  '/v1/admin;x=1/',
  '/v1;y/admin',
  '/v1/;/admin',
  '/v1/%61dmin',
  '/v1/./admin',
  '/v1/x/../admin',
  '/v1/x/%2e%2e/admin',
  '/v1/x/.%2E/admin',
  '/v1/x/..;/admin',
  '/v1%2fadmin',
  '/v1%5cadmin',
  '/v1/x%2f..%2fadmin',
  '/v1/%c0%ae%c0%ae/v1/admin',
  '/v1%c0%afadmin',
  '/v1%e0%80%afadmin',
  '/v1/%2561dmin',
  '/v1/admin%00',
  '/v1/admin%0a',
  '/v1/admin#',
  `https://${host}/v1/admin`,
  `https://${host}//v1/admin`,
]

test('no spelling of a path leads round the rules of its route', async (t) => {
  const { bed } = await setUp(t)
  const device = await bed.world.device({ assurance: 'tee' })
  for (const path of roundabout) {
    const answer = await askOnce(bed, device, path)
    assert([400, 403, 404].includes(answer.status), `${path}: ${answer.status}`)
  }
  assert.equal(bed.service.seen.length, 0)
  for (const path of ['/v1/x;y', '/v1/a//b', '/v1/%C3%A9', '/v1/administrator']) {
    assert.equal((await askOnce(bed, device, path)).status, 200, path)
  }
})

test('nor does any spelling that only HTTP/2 can send', async (t) => {
  const { bed } = await setUp(t)
  const device = await bed.world.device({ assurance: 'tee' })
  const session = await connectHttp2(bed, device)
  const spellings = [...roundabout, '', '*', 'v1/admin', '/v1\\admin', '/v1 /admin', '/v1/\tadmin']
  for (const path of spellings) {
    const stream = session.request({ ':path': path, ':authority': host })
    stream.on('error', () => {})
    let status = 0
    stream.on('response', (headers) => (status = Number(headers[':status'])))
    stream.resume()
    await closed(stream)
    assert([0, 400, 403, 404].includes(status), `${path}: ${status}`)
  }
  assert.equal(bed.service.seen.length, 0)
  const fine = await askHttp2(session, { ':path': '/v1/x', ':authority': host })
  assert.equal(fine.status, 200)
  session.destroy()
})

test('a route that names no method does not mean TRACE, TRACK or CONNECT', async (t) => {
  const { bed } = await setUp(t)
  const device = await bed.world.device()
  const answer = await askOnce(bed, device, '/v1/x', { method: 'TRACE' })
  assert.equal(answer.status, 405)
  assert.match(answer.headers['allow'] ?? '', /^GET, HEAD, /)
  const session = await connectHttp2(bed, device)
  for (const method of ['TRACE', 'TRACK']) {
    const said = await askHttp2(session, {
      ':path': '/v1/x',
      ':authority': host,
      ':method': method,
    })
    assert.equal(said.status, 405)
  }
  assert.equal(bed.service.seen.length, 0)
  session.destroy()
})

test('what services take for another path or method does not reach them', async (t) => {
  const { bed } = await setUp(t)
  const device = await bed.world.device()
  await askOnce(bed, device, '/v1/x', {
    headers: [
      'X-Original-URL: /v1/admin',
      'X_Rewrite_Url: /v1/admin',
      'X-HTTP-Method-Override: DELETE',
      'X-HTTP-Method: DELETE',
      'X-Method-Override: DELETE',
      'Proxy: http://127.0.0.1:1',
    ],
  })
  const told = Object.keys(bed.service.seen.at(-1) ?? {}).join(' ')
  assert.doesNotMatch(told, /original|rewrite|method|proxy/)
})

test('another version than HTTP/1 is no request', async (t) => {
  const { bed, open } = await setUp(t)
  const device = await bed.world.device()
  for (const version of ['0.9', '2.0']) {
    const socket = await open(bed, device)
    socket.write(`GET /v1/x HTTP/${version}\r\nHost: ${host}\r\n\r\n`)
    socket.resume()
    await closed(socket)
  }
  assert.equal(bed.service.seen.length, 0)
  const socket = await open(bed, device)
  assert.equal((await ask(socket, '/v1/x')).status, 200)
  socket.destroy()
})
