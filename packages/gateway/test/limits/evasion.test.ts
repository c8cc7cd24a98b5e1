import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { askHttp2, askOnce, connectHttp2, eventually } from '../support/client.ts'
import { type Bed, route, startBed } from '../support/gateway.ts'
import { startTestProvider } from '../support/identity-provider.ts'
import { redisIsMissing, startRedis } from '../support/redis.ts'

const host = 'api.example.com'

type Options = {
  readonly clientCertificate?: string
  readonly gateway?: Record<string, unknown>
  readonly stages?: Record<string, unknown>
  readonly identityProviders?: Record<string, unknown>
}

/** A gateway whose one route has these limits, before a service that answers as X-Answer of a request says. */
async function startLimited(
  t: TestContext,
  limits: Record<string, unknown>,
  options: Options = {},
) {
  const service = http.createServer((request, response) => {
    request.resume()
    request.on('end', () => {
      response.writeHead(Number(request.headers['x-answer'] ?? 200)).end('answer')
    })
  })
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    service.closeAllConnections()
    service.close()
  })
  const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}`
  return startBed(t, {
    hosts: {
      [host]: {
        clientCertificate: options.clientCertificate ?? 'off',
        routes: [route({ stages: { limits, ...options.stages } })],
      },
    },
    gateway: { upstreams: { service: { targets: [url] } }, ...options.gateway },
    identityProviders: options.identityProviders ?? {},
  })
}

type Sent = { readonly headers?: readonly string[]; readonly path?: string }

/** The content stands behind the last field, whose line ends with the empty one. */
const post = (bed: Bed, content: string, { headers = [], path = '/login' }: Sent = {}) =>
  askOnce(bed, undefined, path, {
    method: 'POST',
    headers: [...headers, `Content-Length: ${Buffer.byteLength(content)}\r\n\r\n${content}`],
  })

/** How many of six tries pass, each with another name that is not the one guessed at. */
async function passed(send: (decoy: string) => Promise<{ status: number }>): Promise<number> {
  let count = 0
  for (let round = 0; round < 6; round++) {
    const { status } = await send(randomUUID())
    if (status !== 429) count++
  }
  return count
}

const form = 'Content-Type: application/x-www-form-urlencoded'
const ofAccount = (key: Record<string, string>) => ({
  rules: [{ name: 'account', key, limit: 2, per: '1h' }],
})

const jsonAttacks: Record<string, (decoy: string) => [string, Sent?]> = {
  'a member in another case': (decoy) => [`{"name":"${decoy}","NAME":"victim"}`],
  'a parent in another case': (decoy) => [
    `{"user":{"name":"${decoy}"},"USER":{"name":"victim"},"name":1}`,
  ],
  'a parent twice': (decoy) => [`{"user":{"name":"victim"},"user":{"name":"${decoy}"}}`],
  'a parent twice, with the member in one': (decoy) => [
    `{"user":{"NAME":"victim"},"user":{"name":"${decoy}"}}`,
  ],
  'a form inside of JSON': (decoy) => [
    `{"name":"${decoy}","user":{"name":"${decoy}"},"a":"&name=victim&"}`,
    { headers: [form] },
  ],
  EBCDIC: (decoy) => [
    `{"name":"${decoy}","user":{"name":"${decoy}"}}`,
    { headers: ['Content-Type: application/json; charset=ibm037'] },
  ],
  'a control character at which C ends': (decoy) => [
    `{"name":"victim\\u0000${decoy}","user":{"name":"victim\\u0000${decoy}"}}`,
  ],
}

test('a guesser does not escape the limit of an account by JSON that services read in another way', async (t) => {
  for (const [name, attack] of Object.entries(jsonAttacks)) {
    for (const pointer of ['/name', '/user/name']) {
      await t.test(`${name}, ${pointer}`, async (t) => {
        const bed = await startLimited(t, ofAccount({ body: pointer }))
        const count = await passed((decoy) => post(bed, ...attack(decoy)))
        assert.equal(count, 2)
      })
    }
  }
})

const formAttacks: Record<string, (decoy: string) => [string, Sent?]> = {
  'the name in the query as well': (decoy) => [
    `name=${decoy}`,
    { headers: [form], path: '/login?name=victim' },
  ],
  'a name in another case': (decoy) => [`name=${decoy}&NAME=victim`, { headers: [form] }],
  'a semicolon for an ampersand': (decoy) => [`name=${decoy};name=victim`, { headers: [form] }],
  'the preamble of a multipart body': (decoy) => [
    `name=${decoy}&x=\r\n--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nvictim\r\n--b--`,
    { headers: ['Content-Type: multipart/form-data; boundary=b'] },
  ],
  'a name inside of compressed content': (decoy) => [
    `\x1f&name=${decoy}&`,
    { headers: [form, 'Content-Encoding: gzip'] },
  ],
  'two types': (decoy) => [
    `name=${decoy}`,
    { headers: [form, 'Content-Type: multipart/form-data; boundary=b'] },
  ],
}

test('a guesser does not escape the limit of an account by forms that services read in another way', async (t) => {
  for (const [name, attack] of Object.entries(formAttacks)) {
    await t.test(name, async (t) => {
      const bed = await startLimited(t, ofAccount({ form: 'name' }))
      assert.equal(await passed((decoy) => post(bed, ...attack(decoy))), 2)
    })
  }
  await t.test('and a form that is one is counted by its name', async (t) => {
    const bed = await startLimited(t, ofAccount({ form: 'name' }))
    const headers = ['Content-Type: application/x-www-form-urlencoded; charset=UTF-8']
    assert.equal(await passed((name) => post(bed, `name=${name}&code=1`, { headers })), 6)
    assert.equal(await passed(() => post(bed, 'name=ada&code=1', { headers })), 2)
  })
})

test('an account is one account, however a guesser writes it', async (t) => {
  const bed = await startLimited(t, ofAccount({ body: '/name' }))
  const spellings = [
    'víctim',
    'vi\u200bctim',
    'ＶＩＣＴＩＭ',
    `${' '.repeat(300)}victim`,
    'v\u00adictim',
  ]
  let count = 0
  for (const name of ['victim', ...spellings]) {
    if ((await post(bed, JSON.stringify({ name }))).status !== 429) count++
  }
  assert.equal(count, 2)
})

test('a second field beside the one that is counted by makes no new key', async (t) => {
  const bed = await startLimited(t, ofAccount({ header: 'X-Account' }))
  const send = (decoy: string) =>
    askOnce(bed, undefined, '/', { headers: ['X-Account: victim', `x-account: ${decoy}`] })
  assert.equal(await passed(send), 2)
})

test('a token is one token, however its Authorization is written', async (t) => {
  const provider = await startTestProvider(t)
  const token = await provider.token({ jti: undefined })
  const limits = { rules: [{ name: 'token', key: 'token', limit: 2, per: '1h' }] }
  const bed = await startLimited(t, limits, {
    gateway: { workers: 2 },
    stages: { token: {} },
    identityProviders: { main: provider.settings },
  })
  let count = 0
  for (let round = 0; round < 24; round++) {
    const headers = [`Authorization: Bearer${' '.repeat(round + 1)}${token}`]
    if ((await askOnce(bed, undefined, '/', { headers })).status !== 429) count++
  }
  assert.equal(count, 2)
})

test('who guesses at an account has the address of nobody blocked but its own', async (t) => {
  const guard = { name: 'login', account: { body: '/name' }, freeTries: 2, blockAddressFor: '10m' }
  const delays = { firstDelay: '1h', longestDelay: '1h' }
  const bed = await startLimited(t, { bruteForce: [{ ...guard, ...delays }] })
  const login = async (localAddress: string) => {
    const content = '{"name":"victim"}'
    const headers = ['X-Answer: 401', `Content-Length: ${content.length}\r\n\r\n${content}`]
    return (await askOnce(bed, undefined, '/login', { method: 'POST', headers, localAddress }))
      .status
  }
  const guesser = { localAddress: '127.0.0.2' }
  const owner = { localAddress: '127.0.0.3' }
  assert.deepEqual([await login('127.0.0.2'), await login('127.0.0.2')], [401, 401])
  assert.equal(await login(owner.localAddress), 429)
  const content = '{"name":"other"}'
  const headers = [`Content-Length: ${content.length}\r\n\r\n${content}`]
  assert.equal((await askOnce(bed, undefined, '/', { ...owner, headers })).status, 200)
  assert.equal(await login(guesser.localAddress), 429)
  const blocked = await askOnce(bed, undefined, '/', { ...guesser, headers }).catch(() => undefined)
  assert(blocked === undefined || blocked.status === 403, String(blocked?.status))
})

test('looking at the form of a sign-in makes no device known to the account', async (t) => {
  const limits = {
    bruteForce: [
      {
        name: 'login',
        account: { body: '/name' },
        freeTries: 2,
        firstDelay: '1h',
        longestDelay: '1h',
      },
    ],
  }
  const bed = await startLimited(t, limits, { clientCertificate: 'require' })
  const content = JSON.stringify({ name: 'victim' })
  const [one, other] = [await bed.world.device(), await bed.world.device()]
  const send = (device: typeof one, method: string, answer: number) =>
    askOnce(bed, device, '/login', {
      method,
      headers: [`X-Answer: ${answer}`, `Content-Length: ${content.length}\r\n\r\n${content}`],
    })
  for (const method of ['GET', 'OPTIONS'])
    assert.equal((await send(other, method, 200)).status, 200)
  assert.equal((await send(one, 'POST', 401)).status, 401)
  assert.equal((await send(one, 'POST', 401)).status, 401)
  assert.equal((await send(one, 'POST', 401)).status, 429)
  assert.equal((await send(other, 'POST', 401)).status, 429)
})

test('streams that are reset while Redis is asked leave no place taken', {
  skip: redisIsMissing(),
}, async (t) => {
  const redis = await startRedis(t)
  const limits = { rules: [{ name: 'at-once', key: 'all', atOnce: 2 }] }
  const bed = await startLimited(t, limits, {
    gateway: { counters: { redis: { url: redis.url, timeoutMs: 900 } } },
  })
  assert.equal((await askOnce(bed)).status, 200)
  const session = await connectHttp2(bed)
  redis.stall()
  for (let round = 0; round < 2; round++) {
    const stream = session.request({ ':path': '/', ':authority': host })
    stream.on('error', () => {})
    await new Promise((resolve) => setTimeout(resolve, 30))
    stream.close(8)
  }
  await new Promise((resolve) => setTimeout(resolve, 100))
  redis.goOn()
  await eventually(async () => {
    const { status } = await askHttp2(session, { ':path': '/', ':authority': host })
    return status === 200
  })
  session.destroy()
})
