import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AdminTokenInfo } from '@sallyport/authority'
import { tokenFinding } from '../../src/doctor/admin-token-check.ts'

const now = Date.parse('2027-01-01T00:00:00Z')

function token(of: Partial<AdminTokenInfo>): AdminTokenInfo {
  return {
    id: 'adm_a',
    kind: 'token',
    apps: null,
    verbs: null,
    networks: null,
    lastUsedAt: null,
    label: '',
    role: 'admin',
    createdAt: '2026-01-01T00:00:00Z',
    createdBy: 'authority',
    madeBy: null,
    expiresAt: '2027-12-01T00:00:00Z',
    revokedAt: null,
    ...of,
  }
}

test('the token of role admin that ends last decides', () => {
  const soon = token({ expiresAt: '2027-01-05T00:00:00Z' })
  assert.equal(tokenFinding([soon, token({})], now).verdict, 'ok')
  const finding = tokenFinding([soon], now)
  assert.deepEqual([finding.verdict, finding.found], ['warn', 'the last one ends in 4 days'])
})

test('tokens that are revoked, narrowed, of a lower role or of a sign-in count for nothing', () => {
  const soon = token({ expiresAt: '2027-01-05T00:00:00Z' })
  const revoked = token({ revokedAt: '2026-12-01T00:00:00Z' })
  const others = [
    token({ role: 'operator' }),
    token({ kind: 'session' }),
    token({ apps: ['wallet'] }),
    token({ verbs: ['read'] }),
  ]
  assert.equal(tokenFinding([soon, revoked, ...others], now).verdict, 'warn')
})
