import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AdminTokenInfo } from '@sallyport/authority'
import { tokenFinding } from '../../src/doctor/admin-token-check.ts'

const now = Date.parse('2027-01-01T00:00:00Z')

function token(of: Partial<AdminTokenInfo>): AdminTokenInfo {
  return {
    id: 'adm_a',
    label: '',
    role: 'admin',
    createdAt: '2026-01-01T00:00:00Z',
    createdBy: 'authority',
    expiresAt: '2027-12-01T00:00:00Z',
    revokedAt: null,
    ...of,
  }
}

test('the token of role admin that ends last decides', () => {
  const soon = token({ expiresAt: '2027-01-11T00:00:00Z' })
  assert.equal(tokenFinding([soon, token({})], now).verdict, 'ok')
  const finding = tokenFinding([soon], now)
  assert.deepEqual([finding.verdict, finding.found], ['warn', 'the last one ends in 10 days'])
})

test('tokens that are revoked or of a lower role count for nothing', () => {
  const soon = token({ expiresAt: '2027-01-11T00:00:00Z' })
  const revoked = token({ revokedAt: '2026-12-01T00:00:00Z' })
  assert.equal(tokenFinding([soon, revoked, token({ role: 'operator' })], now).verdict, 'warn')
})
