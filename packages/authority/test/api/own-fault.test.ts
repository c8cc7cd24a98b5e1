import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Problem, type ReasonCode } from '@sallyport/problem'
import pino from 'pino'
import { createApi } from '../../src/api/api-server.ts'

const detail = 'there is no file keys/service-root.key.json'

test('what an operator is to mend is in the log with its reason, and what callers did wrong is not', async (t) => {
  const lines: string[] = []
  const log = pino({ level: 'error' }, { write: (line: string) => void lines.push(line) })
  const api = createApi({ log, bodyLimitBytes: 1_024, face: 'public', now: () => 0 })
  t.after(() => api.close())
  api.get('/:code', (request) => {
    const { code } = request.params as { code: ReasonCode }
    throw new Problem(code, { detail })
  })
  const faults: ReasonCode[] = ['key_missing', 'signer_unavailable', 'store_unavailable']
  for (const code of faults) {
    const answer = await api.inject(`/${code}`)
    assert(answer.statusCode >= 500)
    const { msg, requestId, err } = JSON.parse(lines.at(-1) ?? '{}')
    assert.equal(msg, code)
    assert.equal(requestId, answer.headers['x-request-id'])
    assert.equal(err.detail, detail)
  }
  for (const code of ['message_malformed', 'authority_busy', 'device_revoked']) {
    await api.inject(`/${code}`)
  }
  assert.equal(lines.length, faults.length)
})
