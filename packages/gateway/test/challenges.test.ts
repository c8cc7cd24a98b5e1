import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ReasonCode, reasons } from '@sallyport/problem'
import { compileChallenges } from '../src/tokens/challenges.ts'
import { bindings } from '../src/tokens/token-settings.ts'

const options = {
  realm: 'api.example.com',
  binding: 'optional',
  algorithms: ['ES256', 'PS256'],
  acr: ['gold', 'silver'],
  maxAgeSeconds: 300,
} as const
const challenges = compileChallenges(options)

test('each scheme that is taken is named, and the one that was used is told the error', () => {
  assert.deepEqual(challenges('token_signature_invalid', 'Bearer'), [
    'Bearer realm="api.example.com", error="invalid_token", error_description="The access token of the user is not valid"',
    'DPoP realm="api.example.com", algs="ES256 PS256"',
  ])
  assert.deepEqual(challenges('dpop_proof_replayed', 'DPoP'), [
    'Bearer realm="api.example.com"',
    'DPoP realm="api.example.com", error="invalid_dpop_proof", error_description="The DPoP proof of the request is not valid", algs="ES256 PS256"',
  ])
})

test('who brought no token is told no error (RFC 6750 §3.1)', () => {
  assert.deepEqual(challenges('token_required', undefined), [
    'Bearer realm="api.example.com"',
    'DPoP realm="api.example.com", algs="ES256 PS256"',
  ])
})

test('a step-up tells what would do (RFC 9470 §3)', () => {
  const [bearer] = challenges('step_up_required', 'Bearer')
  assert.match(
    String(bearer),
    /error="insufficient_user_authentication", .*acr_values="gold silver", max_age="300"$/,
  )
})

test('a route that takes DPoP alone names no other scheme, whatever was used', () => {
  const only = compileChallenges({ ...options, binding: 'dpop' })
  const [first, ...others] = only('dpop_proof_required', 'Bearer')
  assert.deepEqual(others, [])
  assert.match(String(first), /^DPoP realm="api.example.com", error="invalid_token"/)
})

test('every reason makes challenges that are fields, and none is made where a server is at fault', () => {
  for (const binding of bindings) {
    const made = compileChallenges({ ...options, binding })
    for (const [code, { area, status }] of Object.entries(reasons)) {
      if (area !== 'token') continue
      for (const scheme of ['Bearer', 'DPoP', undefined] as const) {
        const fields = made(code as ReasonCode, scheme)
        if (status === 401) assert(fields.length > 0, code)
        if (status === 503) assert.deepEqual(fields, [], code)
        for (const field of fields) {
          assert.match(field, /^(?:Bearer|DPoP) [a-z_]+="[^"\\]*"(?:, [a-z_]+="[^"\\]*")*$/, code)
          assert.match(field, /^[ -~]+$/, code)
        }
      }
    }
  }
})
