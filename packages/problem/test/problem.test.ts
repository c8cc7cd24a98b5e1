import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Problem, problemBody, problemText, supportCode } from '../src/index.ts'

const requestId = 'req_abcdefghijklmnopqrstuvwxyz'

test('a problem body has the members of RFC 9457 and ours', () => {
  assert.deepEqual(problemBody('device_certificate_expired', { requestId }), {
    type: 'urn:sallyport:reason:device_certificate_expired',
    title: 'The device certificate has expired',
    status: 401,
    code: 'device_certificate_expired',
    requestId,
    supportCode: 'STUV-WXYZ',
    retryable: false,
    action: 'renew',
  })
})

test('a reason with a public face is told by it, and its detail is kept back', () => {
  const body = problemBody('device_certificate_signature_invalid', { requestId, detail: 'forged' })
  assert.equal(body.code, 'device_certificate_untrusted')
  assert.equal(JSON.stringify(body).includes('forged'), false)
  assert.equal(JSON.stringify(body).includes('signature_invalid'), false)
})

test('a reason without a public face may carry a detail', () => {
  assert.equal(problemBody('app_unknown', { requestId, detail: 'no app "x"' }).detail, 'no app "x"')
})

test('a clock problem carries the time of the server and the offset', () => {
  const body = problemBody('device_certificate_not_yet_valid', {
    requestId,
    serverTime: '2026-11-21T00:00:00.000Z',
    clockOffsetMs: -3_600_000,
  })
  assert.equal(body.action, 'sync-clock')
  assert.equal(body.serverTime, '2026-11-21T00:00:00.000Z')
  assert.equal(body.clockOffsetMs, -3_600_000)
})

test('a support code is short enough to read out', () => {
  assert.match(supportCode(requestId), /^[A-Z2-7]{4}-[A-Z2-7]{4}$/)
})

test('the text for a terminal names what, expected, found, fix and code', () => {
  const problem = new Problem('csr_key_not_allowed', {
    detail: 'RSA of 1024 bits',
    expected: 'ec-p256',
    found: 'RSA 1024',
  })
  assert.equal(
    problemText(problem),
    [
      'The kind or size of the key is not allowed: RSA of 1024 bits',
      '  expected  ec-p256',
      '  found     RSA 1024',
      '  fix       Make a key of a kind that the profile of the app lists, by default EC P-256.',
      '  code      csr_key_not_allowed',
    ].join('\n'),
  )
})

test('a problem keeps its cause', () => {
  const cause = new Error('disk')
  assert.equal(new Problem('store_unavailable', { cause }).cause, cause)
})
