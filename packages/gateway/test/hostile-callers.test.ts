import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { WebSocket } from 'ws'
import { ask, askHttp2, askOnce, connect, connectHttp2, eventually } from './support/client.ts'
import { route, startBed } from './support/gateway.ts'
import { newProofKey, startTestProvider } from './support/identity-provider.ts'
import { call, forwarded, startDecisionBed } from './decisions/decision-bed.ts'

const host = 'api.example.com'
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('what one route made of a token is not believed on another, nor from another device', async (t) => {
  const one = await startTestProvider(t, 'https://a.example.com')
  const two = await startTestProvider(t, 'https://b.example.com')
  const settings: Record<string, Record<string, unknown>> = {
    any: {},
    one: { providers: ['one'] },
    two: { providers: ['two'] },
    acr: { acr: ['gold'] },
    strict: { certificateBinding: 'strict' },
    none: { binding: 'none' },
  }
  const bed = await startBed(t, {
    hosts: {
      [host]: {
        clientCertificate: 'optional',
        routes: Object.entries(settings).map(([name, token]) =>
          route({ match: { path: `/${name}/*` }, stages: { token } }),
        ),
      },
    },
    identityProviders: { one: one.settings, two: two.settings },
    gateway: { workers: 1 },
  })
  const first = await bed.world.device()
  const { deviceId, thumbprint } = first
  const renewed = await bed.world.device({ deviceId, predecessors: [thumbprint] })
  const token = await one.token({ cnf: { 'x5t#S256': thumbprint } })
  const passes: Record<string, readonly string[]> = {
    first: ['any', 'one', 'strict'],
    renewed: ['any', 'one'],
    other: [],
    nobody: [],
  }
  const sockets = {
    first: await connect(bed, first),
    renewed: await connect(bed, renewed),
    other: await connect(bed, await bed.world.device()),
    nobody: await connect(bed),
  }
  // Each after each, so that whatever is remembered was worked out for another.
  for (let round = 0; round < 2; round++) {
    for (const path of Object.keys(settings)) {
      for (const [who, socket] of Object.entries(sockets)) {
        const headers = [`Authorization: Bearer ${token}`]
        const { status } = await ask(socket, `/${path}/x`, { headers })
        assert.equal(status, passes[who]?.includes(path) === true ? 200 : 401, `${who} ${path}`)
      }
    }
  }
  for (const socket of Object.values(sockets)) socket.destroy()
})

test('a reload brings back no proof that was used, and no token of another audience', async (t) => {
  const provider = await startTestProvider(t)
  const key = await newProofKey()
  const token = await provider.token({ cnf: { jkt: key.jkt } })
  const options = (audience: string, limit: number) => ({
    hosts: {
      [host]: {
        clientCertificate: 'off',
        routes: [
          route({
            stages: {
              token: { dpop: { nonce: 'off' } },
              limits: { rules: [{ name: 'user', key: 'user', limit, per: '1h' }] },
            },
          }),
        ],
      },
    },
    identityProviders: { main: { ...provider.settings, audience } },
  })
  const bed = await startBed(t, options('https://api.example.com', 1_000))
  const socket = await connect(bed)
  const send = (proof: string) =>
    ask(socket, '/', { headers: [`Authorization: DPoP ${token}`, `DPoP: ${proof}`] })
  const proof = await key.proof(token)
  assert.equal((await send(proof)).status, 200)
  await bed.writeConfig(options('https://api.example.com', 999))
  await bed.gateway.reload()
  assert.equal((await send(proof)).json()['code'], 'dpop_proof_invalid')
  assert.equal((await send(await key.proof(token))).status, 200)
  await bed.writeConfig(options('https://other.example.com', 999))
  await bed.gateway.reload()
  assert.equal((await send(await key.proof(token))).json()['code'], 'token_invalid')
  socket.destroy()
})

test('CONNECT over HTTP/2, extended or not, reaches no service', async (t) => {
  const bed = await startBed(t, { hosts: { [host]: { clientCertificate: 'off' } } })
  const session = await connectHttp2(bed)
  const answer = await askHttp2(session, { ':method': 'CONNECT', ':authority': host })
  assert.equal(answer.status, 400)
  const extended = { ':method': 'CONNECT', ':authority': host, ':protocol': 'websocket' }
  await assert.rejects(
    askHttp2(session, { ...extended, ':scheme': 'https', ':path': '/' }),
    /PROTOCOL_ERROR/,
  )
  session.destroy()
  assert.equal(bed.service.seen.length, 0)
})

test('whoever hangs up in the middle of anything keeps no place under atOnce', async (t) => {
  const limits = { rules: [{ name: 'at-once', key: 'all', atOnce: 2 }] }
  const bed = await startBed(t, {
    hosts: { [host]: { clientCertificate: 'off', routes: [route({ stages: { limits } })] } },
  })
  const heads = [
    `POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 100\r\n\r\nabc`,
    `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    `GET /slow HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
  ]
  // That somebody left is heard a moment later.
  const bothAreFree = async () => {
    const answers = await Promise.all([1, 2].map(() => askOnce(bed, undefined, '/held?ms=100')))
    return answers.every(({ status }) => status === 200)
  }
  for (const head of [...heads, ...heads]) {
    const socket = await connect(bed)
    socket.write(head)
    await sleep(30)
    socket.destroy()
    await eventually(bothAreFree, 20_000)
  }
  for (let round = 0; round < 3; round++) {
    const raw = await connect(bed)
    const socket = new WebSocket(`wss://${host}/`, [], { createConnection: () => raw })
    socket.on('error', () => {})
    await once(socket, 'open')
    if (round === 0) socket.terminate()
    else raw.destroy()
    await eventually(bothAreFree, 20_000)
  }
})

test('three strangers behind a proxy that asks for decisions cannot have everyone wait', async (t) => {
  const limits = { bruteForce: [{ name: 'login', account: { body: '/u' }, freeTriesOfAddress: 3 }] }
  const bed = await startDecisionBed(t, {
    hosts: { [host]: { clientCertificate: 'off', routes: [route({ stages: { limits } })] } },
  })
  const login = async (address: string) => {
    const fields = forwarded({ 'X-Forwarded-Method': 'POST', 'X-Forwarded-For': address })
    return (await call(bed.socket, `/decide/haproxy-edge/${host}`, fields)).status
  }
  for (let last = 1; last <= 8; last++) assert.equal(await login(`203.0.113.${last}`), 200)
  const statuses = []
  for (let round = 0; round < 4; round++) statuses.push(await login('198.51.100.1'))
  assert.deepEqual(statuses, [200, 200, 200, 429])
})
