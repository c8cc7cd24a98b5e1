import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AddressLimiter } from '../../src/admin/address-limiter.ts'
import { createApi } from '../../src/api/api-server.ts'
import { ocspApi } from '../../src/published/ocsp/ocsp-api.ts'
import { assemble } from './assembled.ts'

const tryLater = '30030a0103'
const malformed = '30030a0101'

test('what comes too fast from one place is told to come back, and others are answered', async () => {
  const { authority, close } = await assemble()
  const { log, now } = authority
  const api = createApi({ log, bodyLimitBytes: 1_024, face: 'public', now })
  let time = 0
  ocspApi(api, authority, new AddressLimiter({ perSecond: 1, burst: 3, clock: () => time }))
  const ask = async (remoteAddress: string) => {
    const answer = await api.inject({ method: 'GET', url: '/ocsp/MEUw', remoteAddress })
    assert.equal(answer.statusCode, 200)
    assert.equal(answer.headers['cache-control'], 'no-store')
    return answer.rawPayload.toString('hex')
  }
  const answers: string[] = []
  for (let round = 0; round < 5; round++) answers.push(await ask('192.0.2.1'))
  assert.deepEqual(answers, [malformed, malformed, malformed, tryLater, tryLater])
  assert.equal(await ask('192.0.2.2'), malformed)
  time += 1_000
  assert.equal(await ask('192.0.2.1'), malformed)
  await api.close()
  await close()
})
