import assert from 'node:assert/strict'
import { test } from 'node:test'
import { integrations } from '../../src/integrate/integrations.ts'
import type { Site } from '../../src/integrate/site.ts'
import { assertGolden } from '../golden.ts'

const site: Site = {
  listen: { host: '0.0.0.0', port: 443 },
  lists: '/etc/haproxy/sallyport',
  staleAfterSeconds: 86_400,
  decisions: {
    caller: 'edge',
    over: { socket: '/run/sallyport/decisions.sock' },
  },
  hosts: [
    {
      name: 'api.example.com',
      certificateFile: '/etc/sallyport/api.crt',
      keyFile: '/etc/sallyport/api.key',
      asksForCertificate: true,
      routes: [
        { path: '/v1/accounts/{accountId}/*', methods: ['GET', 'POST'], upstream: 'accounts' },
        { path: '/pay.Ledger/*', methods: undefined, upstream: 'ledger' },
      ],
    },
    {
      name: 'www.example.com',
      certificateFile: '/etc/sallyport/www.crt',
      keyFile: '/etc/sallyport/www.key',
      asksForCertificate: false,
      routes: [{ path: '/*', methods: undefined, upstream: 'accounts' }],
    },
  ],
  upstreams: [
    {
      name: 'accounts',
      targets: [
        { host: '10.0.1.1', port: 8080 },
        { host: '10.0.1.2', port: 8080 },
      ],
      isTls: false,
      isHttp2: false,
      caFile: undefined,
      serverName: undefined,
    },
    {
      name: 'ledger',
      targets: [{ host: '10.0.2.1', port: 8443 }],
      isTls: true,
      isHttp2: true,
      caFile: '/etc/sallyport/services.crt',
      serverName: 'ledger.internal',
    },
  ],
}

const elsewhere: Site = {
  ...site,
  decisions: {
    caller: 'edge',
    over: {
      host: '10.0.0.5',
      port: 9443,
      caFile: '/etc/sallyport/decisions-ca.crt',
      certificateFile: '/etc/sallyport/caller.crt',
      keyFile: '/etc/sallyport/caller.key',
    },
  },
}

const onThisMachine = ['nginx', 'haproxy', 'haproxy-agent', 'caddy', 'envoy'] as const
const onAnother = ['nginx', 'caddy', 'envoy', 'traefik'] as const

for (const proxy of onThisMachine) {
  for (const { name, text } of integrations[proxy](site)) {
    test(`what is printed for ${proxy}: ${name}`, () => {
      assert.doesNotMatch(text, /undefined|\[object/)
      assertGolden(`integrate-${proxy}-${name}`, text)
    })
  }
}

for (const proxy of onAnother) {
  for (const { name, text } of integrations[proxy](elsewhere)) {
    test(`what is printed for ${proxy} on another machine: ${name}`, () => {
      assert.doesNotMatch(text, /undefined|\[object/)
      assertGolden(`integrate-${proxy}-tls-${name}`, text)
    })
  }
}
