import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Problem } from '@sallyport/problem'
import fastify from 'fastify'
import { sendProblem } from '../../src/api/problem-reply.ts'

const detail = 'there is no file /srv/sallyport/state/keys/service-root.key.json'

test('what is wrong with the setup of the authority, a phone is not told: neither the code nor a path', async (t) => {
  const api = fastify()
  t.after(() => api.close())
  for (const face of ['public', 'operator'] as const) {
    api.get(`/${face}`, (_request, reply) =>
      sendProblem(reply, new Problem('key_missing', { detail }), {
        face,
        requestId: 'req_1',
        now: 0,
      }),
    )
  }
  const told = await api.inject('/public')
  assert.equal(told.statusCode, 500)
  assert.equal(told.json().code, 'internal_error')
  assert.equal(told.payload.includes('/srv'), false)
  const toldInside = (await api.inject('/operator')).json()
  assert.equal(toldInside.code, 'key_missing')
  assert.equal(toldInside.detail, detail)
})
