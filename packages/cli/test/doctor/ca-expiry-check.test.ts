import assert from 'node:assert/strict'
import { test } from 'node:test'
import { caExpiryFindings } from '../../src/doctor/ca-expiry-check.ts'
import type { AdminOperations } from '../../src/admin/admin-operations.ts'

type Issuer = AdminOperations['listIssuers']['answer']['issuers'][number]

const now = Date.parse('2027-01-01T00:00:00Z')

function issuer(of: Partial<Issuer>): Issuer {
  return {
    id: 'a',
    kind: 'device',
    appId: 'wallet',
    lane: '',
    trustDomain: 'example.com',
    certificate: '',
    status: 'active',
    notBefore: '2026-01-01T00:00:00Z',
    notAfter: '2029-01-01T00:00:00Z',
    issuesFrom: '2026-01-01T00:00:00Z',
    ...of,
  }
}
const verdicts = (issuers: Issuer[]) =>
  caExpiryFindings({ issuers, roots: [] }, now).map(({ verdict, what }) => [verdict, what])

test('a CA that ends within three months is warned of, and one that ended is wrong', () => {
  const soon = issuer({ notAfter: '2027-02-01T00:00:00Z' })
  const ended = issuer({ notAfter: '2026-12-31T00:00:00Z', appId: 'bank', lane: 'fleet' })
  assert.deepEqual(verdicts([issuer({})]), [['ok', 'CA of wallet device']])
  assert.deepEqual(verdicts([soon]), [['warn', 'CA of wallet device']])
  assert.deepEqual(verdicts([soon, ended]), [
    ['fail', 'CA of bank device fleet'],
    ['warn', 'CA of wallet device'],
  ])
})

test('of one that was followed, retired or revoked, the end is no news', () => {
  const soon = { notAfter: '2027-02-01T00:00:00Z' }
  const next = issuer({ id: 'b', issuesFrom: '2026-06-01T00:00:00Z' })
  const others = [issuer({ ...soon, status: 'retired' }), issuer({ ...soon, status: 'revoked' })]
  assert.deepEqual(verdicts([issuer(soon), next, ...others]), [['ok', 'CA of wallet device']])
  const announced = issuer({ id: 'b', issuesFrom: '2027-01-02T00:00:00Z' })
  assert.deepEqual(verdicts([issuer(soon), announced]), [['warn', 'CA of wallet device']])
})
