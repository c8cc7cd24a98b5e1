import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { formatGatewayUri, parseGatewayUri, parseSpiffeId } from '../src/spiffe-id.ts'

describe('SPIFFE ids', () => {
  it('has the parts of one', () => {
    assert.deepEqual(parseSpiffeId('spiffe://example.com/a/B_c.d-1'), {
      trustDomain: 'example.com',
      path: '/a/B_c.d-1',
    })
    assert.deepEqual(parseSpiffeId('spiffe://example.com'), {
      trustDomain: 'example.com',
      path: '',
    })
  })
  for (const wrong of [
    '',
    'spiffe://',
    'spiffe:///path',
    'https://example.com/a',
    'SPIFFE://example.com/a',
    'spiffe://Example.com/a',
    'spiffe://example.com/',
    'spiffe://example.com/a/',
    'spiffe://example.com//a',
    'spiffe://example.com/a/../b',
    'spiffe://example.com/.',
    'spiffe://example.com:443/a',
    'spiffe://user@example.com/a',
    'spiffe://example.com/a?b',
    'spiffe://example.com/a#b',
    'spiffe://example.com/a%2fb',
    'spiffe://example.com/ä',
    'spiffe://example.com/a\n',
    `spiffe://example.com/${'a'.repeat(2_048)}`,
  ]) {
    it(`refuses ${JSON.stringify(wrong).slice(0, 40)}`, () => {
      assert.equal(parseSpiffeId(wrong), undefined)
    })
  }

  it('reads back the URI of a gateway', () => {
    const uri = formatGatewayUri({ trustDomain: 'example.com', name: 'gateway-1' })
    assert.equal(uri, 'spiffe://example.com/gateway/gateway-1')
    assert.deepEqual(parseGatewayUri(uri), { trustDomain: 'example.com', name: 'gateway-1' })
  })
  for (const wrong of [
    'spiffe://example.com/gateway',
    'spiffe://example.com/gateway/a/b',
    'spiffe://example.com/gateway/A',
    'spiffe://example.com/gateways/a',
    'spiffe://example.com/app/wallet/device/dev_aaaaaaaaaaaaaaaaaaaaaaaaaa',
    'spiffe://example_x.com/gateway/a',
  ]) {
    it(`takes ${wrong} for no gateway`, () => assert.equal(parseGatewayUri(wrong), undefined))
  }
})
