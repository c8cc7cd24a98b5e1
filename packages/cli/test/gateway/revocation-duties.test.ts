import assert from 'node:assert/strict'
import { test } from 'node:test'
import { revocationDuties } from '../../src/gateway/revocation-duties.ts'

test('what is left to do names each secret that the gateways of a configuration share', () => {
  const plain = revocationDuties('gateway-1', { trustDomain: 'example.com' })
  assert(plain.some((line) => line.includes('spiffe://example.com/gateway/gateway-1')))
  assert(!plain.some((line) => line.includes('Redis')))
  const shared = revocationDuties('gateway-1', {
    trustDomain: 'example.com',
    gateway: {
      ticketSecretFile: 'tickets.key',
      assertionKeys: { files: ['assertion.pem'] },
      counters: { redis: { url: 'rediss://counters:6379' } },
      upstreams: { api: { certificateFile: 'to-api.crt' }, other: {} },
    },
  })
  for (const named of ['tickets.key', 'assertion.pem', 'Redis', 'to-api.crt']) {
    assert(
      shared.some((line) => line.includes(named)),
      named,
    )
  }
})
