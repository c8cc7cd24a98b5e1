import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Bed } from '../support/gateway.ts'
import { host, post, startLimited } from '../support/limited.ts'
import { askHttp2, connectHttp2 } from '../support/client.ts'
import type { Identity } from '../support/world.ts'

const guarded = {
  bruteForce: [
    {
      name: 'login',
      account: { body: '/user' },
      freeTries: 3,
      firstDelay: '1s',
      longestDelay: '1h',
    },
  ],
}
const login = async (bed: Bed, user: string, status: number, identity?: Identity) => {
  const answer = await post(bed, JSON.stringify({ user, password: 'x' }), status, identity)
  return answer.status
}
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('each failure makes the next try wait longer, and a wait that is over lets one more try', async (t) => {
  const bed = await startLimited(t, guarded)
  const statuses = []
  for (let round = 0; round < 4; round++) statuses.push(await login(bed, 'ada', 401))
  assert.deepEqual(statuses, [401, 401, 401, 429])
  const refused = await post(bed, '{"user":"ADA "}')
  assert.equal(refused.json()['code'], 'tries_delayed')
  assert.equal(
    refused.json()['type'],
    'https://iana.org/assignments/http-problem-types#abnormal-usage-detected',
  )
  assert.equal(refused.headers['retry-after'], '1')
  assert.equal(
    refused.headers['ratelimit'],
    undefined,
    'how tries are counted is nobody’s business',
  )
  assert.equal(await login(bed, 'bob', 200), 200, 'another account need not wait')
  await sleep(1_050)
  assert.equal(await login(bed, 'ada', 401), 401)
  assert.equal((await post(bed, '{"user":"ada"}')).headers['retry-after'], '2')
})

test('who guesses cannot lock out the device that knew the account before', async (t) => {
  const bed = await startLimited(t, guarded)
  const phone = await bed.world.device()
  assert.equal(await login(bed, 'ada', 200, phone), 200)
  for (let round = 0; round < 10; round++) await login(bed, 'ada', 401)
  assert.equal(await login(bed, 'ada', 200), 429, 'a stranger waits, the right secret or not')
  const other = await bed.world.device()
  assert.equal(
    await login(bed, 'ada', 200, other),
    429,
    'so does a device that is a stranger to it',
  )
  assert.equal(await login(bed, 'ada', 200, phone), 200)
  const own = []
  for (let round = 0; round < 4; round++) own.push(await login(bed, 'ada', 401, phone))
  assert.deepEqual(own, [401, 401, 401, 429], 'and it has tries of its own')
})

test('an answer that any name gets makes no device known, where successes are told', async (t) => {
  const [rule] = guarded.bruteForce
  const bed = await startLimited(t, { bruteForce: [{ ...rule, successes: [201] }] })
  const thief = await bed.world.device()
  // "A code was sent": nobody has shown a secret yet.
  assert.equal(await login(bed, 'ada', 202, thief), 202)
  for (let round = 0; round < 3; round++) assert.equal(await login(bed, 'ada', 401), 401)
  assert.equal(await login(bed, 'ada', 401, thief), 429, 'a stranger to the account')
  const phone = await bed.world.device()
  assert.equal(await login(bed, 'bob', 201, phone), 201)
  for (let round = 0; round < 3; round++) assert.equal(await login(bed, 'bob', 401), 401)
  assert.equal(await login(bed, 'bob', 201, phone), 201)
})

test('a device that is known to one account is a stranger to all others', async (t) => {
  const bed = await startLimited(t, guarded)
  const phone = await bed.world.device()
  assert.equal(await login(bed, 'mallory', 200, phone), 200)
  for (let round = 0; round < 3; round++) assert.equal(await login(bed, 'ada', 401, phone), 401)
  assert.equal(await login(bed, 'ada', 401, phone), 429)
})

test('tries that come at the same moment do not slip through', async (t) => {
  const bed = await startLimited(
    t,
    { bruteForce: [{ name: 'pin', account: { header: 'X-Account' }, freeTries: 3 }] },
    { delayMs: 30, gateway: { workers: 2 } },
  )
  const session = await connectHttp2(bed)
  const answers = await Promise.all(
    Array.from({ length: 80 }, () =>
      askHttp2(session, {
        ':path': '/',
        ':authority': host,
        'x-account': 'ada',
        'x-answer': '401',
      }),
    ),
  )
  assert.equal(answers.filter(({ status }) => status === 401).length, 3)
  assert.equal(bed.reached(), 3)
  session.destroy()
})

test('an address that fails at account after account waits too', async (t) => {
  const bed = await startLimited(t, {
    bruteForce: [{ name: 'login', account: { body: '/user' }, freeTriesOfAddress: 5 }],
  })
  const statuses = []
  for (let round = 0; round < 6; round++) statuses.push(await login(bed, `user${round}`, 401))
  assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429])
})

test('signing in does not wipe out what was tried before from elsewhere', async (t) => {
  const bed = await startLimited(t, guarded)
  await login(bed, 'ada', 401)
  await login(bed, 'ada', 401)
  assert.equal(await login(bed, 'ada', 200), 200)
  assert.equal(await login(bed, 'ada', 401), 401)
  assert.equal(await login(bed, 'ada', 401), 429)
})
