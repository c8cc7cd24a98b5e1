import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import {
  ask,
  askHttp2,
  askOnce,
  connect,
  connectHttp2,
  eventually,
  readAnswer,
} from '../support/client.ts'
import { host, post, startLimited } from '../support/limited.ts'

test('a device that asks too often is told how long to wait, in all the ways there are', async (t) => {
  const bed = await startLimited(t, {
    rules: [{ name: 'per-device', key: 'device', limit: 3, per: '1h' }],
    fields: 'always',
  })
  const [one, other] = [await bed.world.device(), await bed.world.device()]
  const socket = await connect(bed, one)
  const first = await ask(socket)
  assert.equal(first.status, 200)
  assert.equal(first.headers['ratelimit-policy'], '"per-device";q=3;w=3600')
  assert.equal(first.headers['ratelimit'], '"per-device";r=2;t=1200')
  assert.equal((await ask(socket)).status, 200)
  assert.equal((await ask(socket)).status, 200)
  const refused = await ask(socket)
  assert.equal(refused.status, 429)
  assert.equal(refused.headers['retry-after'], '1200')
  assert.equal(refused.headers['ratelimit-policy'], '"per-device";q=3;w=3600')
  assert.equal(refused.headers['ratelimit'], '"per-device";r=0;t=1200')
  const problem = refused.json()
  assert.equal(problem['code'], 'quota_exceeded')
  assert.equal(problem['type'], 'https://iana.org/assignments/http-problem-types#quota-exceeded')
  assert.deepEqual(problem['violated-policies'], ['per-device'])
  assert.equal((await askOnce(bed, other)).status, 200, 'another device has a limit of its own')
  assert.equal((await askOnce(bed)).status, 200, 'without a device the rule has nobody to count')
  socket.destroy()
})

test('limits are independent of one another, and a refusal takes from none of them', async (t) => {
  const bed = await startLimited(t, {
    rules: [
      { name: 'wide', key: 'address', limit: 5, per: '1h' },
      { name: 'narrow', key: { header: 'X-Key' }, limit: 1, per: '1h' },
    ],
  })
  const ofKey = (key: string) => askOnce(bed, undefined, '/', { headers: [`X-Key: ${key}`] })
  assert.equal((await ofKey('a')).status, 200)
  for (let round = 0; round < 10; round++) {
    assert.deepEqual((await ofKey('a')).json()['violated-policies'], ['narrow'])
  }
  for (const key of ['b', 'c', 'd', 'e']) assert.equal((await ofKey(key)).status, 200)
  assert.deepEqual((await ofKey('f')).json()['violated-policies'], ['wide'])
})

test('who leaves out the field that a limit counts by shares one limit with all who do', async (t) => {
  const bed = await startLimited(t, {
    rules: [{ name: 'key', key: { header: 'X-Key' }, limit: 2, per: '1h' }],
  })
  const statuses = []
  for (let round = 0; round < 3; round++) statuses.push((await askOnce(bed)).status)
  assert.deepEqual(statuses, [200, 200, 429])
})

test('a field of the content is counted, and the content reaches the service', async (t) => {
  const bed = await startLimited(t, {
    rules: [{ name: 'account', key: { body: '/user/name' }, limit: 2, per: '1h' }],
  })
  const login = (name: string) => post(bed, JSON.stringify({ user: { name }, password: 'x' }))
  assert.equal((await login('Ada')).status, 200)
  assert.equal((await login(' ada ')).status, 200, 'the same account to the service')
  assert.equal((await login('ADA')).status, 429)
  assert.equal((await login('bob')).status, 200)
  assert.equal(bed.reached(), 3)
})

test('content that can be read in two ways, or not at all, counts as one', async (t) => {
  const bed = await startLimited(t, {
    rules: [{ name: 'account', key: { body: '/name' }, limit: 6, per: '1h' }],
    bodyBytes: 1_024,
  })
  const unreadable = [
    '{"name":"victim","name":"other"}',
    String.raw`{"n\u0061me":"victim","name":"other"}`,
    '{"name":',
    '{"name":{"a":1}}',
    '[]',
    `{"name":"x","padding":"${'a'.repeat(2_000)}"}`,
  ]
  for (const content of unreadable) assert.equal((await post(bed, content)).status, 200)
  for (const content of unreadable) assert.equal((await post(bed, content)).status, 429)
})

test('only answers that count are counted, and a thousand tries at once do not slip through', async (t) => {
  const bed = await startLimited(
    t,
    {
      rules: [{ name: 'failures', key: 'address', limit: 5, per: '1h', countStatus: [401, 403] }],
    },
    { delayMs: 20, gateway: { workers: 2 } },
  )
  for (let round = 0; round < 12; round++) assert.equal((await askOnce(bed)).status, 200)
  const before = bed.reached()
  const sessions = await Promise.all(Array.from({ length: 10 }, () => connectHttp2(bed)))
  const answers = await Promise.all(
    sessions.flatMap((session) =>
      Array.from({ length: 100 }, () =>
        askHttp2(session, { ':path': '/', ':authority': host, 'x-answer': '401' }),
      ),
    ),
  )
  assert.equal(answers.filter(({ status }) => status === 401).length, 5)
  assert.equal(answers.filter(({ status }) => status === 429).length, 995)
  assert.equal(bed.reached() - before, 5)
  for (const session of sessions) session.destroy()
})

test('so many requests at once, and each that ends makes room, however it ends', async (t) => {
  const bed = await startLimited(
    t,
    { rules: [{ name: 'at-once', key: 'address', atOnce: 2 }], fields: 'always' },
    { delayMs: 500 },
  )
  // Handshakes take their time, and are over before anything is asked.
  const statuses = async (count: number) => {
    const sockets = await Promise.all(Array.from({ length: count }, () => connect(bed)))
    const answers = await Promise.all(sockets.map((socket) => ask(socket)))
    for (const socket of sockets) socket.destroy()
    return answers.map(({ status }) => status)
  }
  assert.deepEqual((await statuses(4)).sort(), [200, 200, 429, 429])
  const before = bed.reached()
  const gone = await connect(bed)
  gone.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
  await eventually(() => bed.reached() > before)
  gone.destroy()
  await eventually(async () => (await statuses(2)).every((status) => status === 200))
})

test('a daily quota is one for the day, whatever the pace', async (t) => {
  const bed = await startLimited(t, {
    rules: [{ name: 'daily', key: 'address', limit: 3, perDayIn: 'Europe/Berlin', cost: 1 }],
    fields: 'always',
  })
  const answers = []
  for (let round = 0; round < 4; round++) answers.push(await askOnce(bed))
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200, 429],
  )
  assert.match(answers[0]?.headers['ratelimit'] ?? '', /^"daily";r=2;t=\d+$/)
  const wait = Number(answers[3]?.headers['retry-after'])
  assert(wait > 0 && wait <= 25 * 3_600)
})

test('whoever goes over a limit can lose its address for a while', async (t) => {
  const bed = await startLimited(t, {
    rules: [{ name: 'hard', key: 'address', limit: 1, per: '1h', blockAddressFor: '10m' }],
  })
  assert.equal((await askOnce(bed)).status, 200)
  assert.equal((await askOnce(bed)).status, 429)
  const answer = await askOnce(bed).catch((error: Error) => error)
  assert(answer instanceof Error || answer.status === 403, JSON.stringify(answer))
})

test('in shadow mode a limit counts, says so, and lets through', async (t) => {
  const bed = await startLimited(t, {
    mode: 'shadow',
    rules: [{ name: 'one', key: 'address', limit: 1, per: '1h' }],
  })
  for (let round = 0; round < 3; round++) assert.equal((await askOnce(bed)).status, 200)
  const metrics = await (await fetch(`${bed.operations}/metrics`)).text()
  assert.match(metrics, /outcome="shadow",reason="quota_exceeded"\} 2/)
})

test('content that a limit waits for has the time that every request has, and no more', async (t) => {
  const bed = await startLimited(
    t,
    { rules: [{ name: 'account', key: { body: '/name' }, limit: 2, per: '1h' }] },
    { gateway: { limits: { requestSeconds: 1, headersSeconds: 1 } } },
  )
  const socket = await connect(bed)
  socket.write(`POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 10\r\n\r\n{"na`)
  assert.equal((await readAnswer(socket)).status, 408)
  const session = await connectHttp2(bed)
  const stream = session.request({ ':method': 'POST', ':path': '/', ':authority': host })
  stream.on('error', () => {})
  stream.write('{"na')
  const [headers] = (await once(stream, 'response')) as [{ ':status': number }]
  assert.equal(headers[':status'], 408)
  assert.equal(bed.reached(), 0)
  session.destroy()
  assert.equal((await post(bed, '{"name":"ada"}')).status, 200)
})
