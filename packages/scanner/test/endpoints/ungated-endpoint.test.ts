import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cleartextAddress } from '../../src/endpoints/cleartext-address.ts'
import { ungatedEndpoint } from '../../src/endpoints/ungated-endpoint.ts'
import { type Facts, noFacts } from '../../src/facts.ts'
import { defaultLimits, type GatedRoute, type ScanSettings } from '../../src/index.ts'

const app = { format: 'apk', platform: 'android', id: 'com.bank.app', bytes: 1 } as const
const settings: ScanSettings = {
  submittedAt: new Date(0),
  releaseWindowDays: 0,
  limits: defaultLimits,
}
const location = { path: 'classes.dex', offset: 7 }

const routes: readonly GatedRoute[] = [
  { host: 'api.bank.com', path: '/v1/accounts/{id}', hasDeviceStage: true },
  { host: 'api.bank.com', path: '/v1/files/*', hasDeviceStage: true },
  { host: 'api.bank.com', path: '/v1/login', hasDeviceStage: false },
  { host: '*.open.bank.com', path: '/*', hasDeviceStage: false },
]

const at = (address: string): Facts['endpoints'][number] => {
  const { protocol, hostname } = new URL(address.replaceAll(/[{}]/g, ''))
  const path = address.slice(protocol.length + 2 + hostname.length)
  return { scheme: protocol.slice(0, -1), host: hostname, path, location }
}

function ungated(
  addresses: readonly string[],
  paths: readonly string[] = [],
  more: Partial<ScanSettings> = {},
) {
  const facts = {
    ...noFacts(),
    endpoints: addresses.map(at),
    servicePaths: paths.map((path) => ({ path, location })),
  }
  return [
    ...ungatedEndpoint(facts, { app, settings: { ...settings, gatedRoutes: routes, ...more } }),
  ]
}
const told = (findings: ReturnType<typeof ungated>) =>
  findings.map(({ identity, severity, confidence }) => [identity, severity, confidence])

test('without a gateway nothing is asked', () => {
  const facts = { ...noFacts(), endpoints: [at('https://api.bank.com/v1/login')] }
  assert.deepEqual([...ungatedEndpoint(facts, { app, settings })], [])
})

test('what a route with a device stage takes is gated', () => {
  assert.deepEqual(
    ungated([
      'https://api.bank.com/v1/accounts/17',
      'https://api.bank.com/v1/accounts/{accountId}',
      'https://api.bank.com/v1/files/a/b',
    ]),
    [],
  )
})

test('a route without a device stage is told, with the route', () => {
  const [finding, ...others] = ungated(['https://api.bank.com/v1/login'])
  assert.deepEqual(others, [])
  assert.equal(finding?.identity, 'api.bank.com/v1/login')
  assert.equal(finding.confidence, 'firm')
  assert.deepEqual(finding.facts?.['routes'], ['/v1/login'])
})

test('a path that no route takes is told less loudly', () => {
  assert.deepEqual(
    told(ungated(['https://api.bank.com/v1/accounts', 'https://api.bank.com/admin'])),
    [
      ['api.bank.com/v1/accounts', 'low', 'firm'],
      ['api.bank.com/admin', 'low', 'firm'],
    ],
  )
})

test('an address that others begin with counts by the routes of its host', () => {
  assert.deepEqual(
    ungated(['https://api.bank.com', 'https://api.bank.com/', 'https://api.bank.com/v1/']),
    [],
  )
  assert.deepEqual(told(ungated(['https://a.open.bank.com/'])), [
    ['a.open.bank.com/', undefined, 'firm'],
  ])
})

test('an asterisk is one label of a host', () => {
  assert.equal(ungated(['https://a.open.bank.com/x'])[0]?.facts?.['path'], '/x')
  assert.deepEqual(told(ungated(['https://a.b.open.bank.com/x'])), [
    ['a.b.open.bank.com', 'low', 'tentative'],
  ])
})

test('an own host that the gateway does not have is told once', () => {
  assert.deepEqual(told(ungated(['https://old.bank.com/a', 'https://old.bank.com/b'])), [
    ['old.bank.com', 'low', 'tentative'],
  ])
  const own = { ownDomains: ['bank.com', 'bank.net'] }
  assert.deepEqual(told(ungated(['https://old.bank.net/a'], [], own)), [
    ['old.bank.net', 'low', 'firm'],
  ])
})

test('hosts of others are none of its business', () => {
  assert.deepEqual(ungated(['https://graph.facebook.com/v1/login', 'https://notbank.com/a']), [])
})

test('paths without a host are tried at every base', () => {
  assert.deepEqual(ungated([], ['/v1/accounts/{id}', '/api/of/others']), [])
  assert.deepEqual(told(ungated([], ['/v1/login'])), [['/v1/login', undefined, 'tentative']])
  const based = ungated(['https://api.bank.com/v1/'], ['/login', '/accounts/{id}'])
  assert.deepEqual(told(based), [['/login', undefined, 'tentative']])
})

test('a path that stands there with its host too is told once', () => {
  const findings = ungated(['https://api.bank.com/v1/login'], ['/v1/login'])
  assert.deepEqual(told(findings), [['api.bank.com/v1/login', undefined, 'firm']])
})

const decision = (value: boolean) => ({ value, because: 'so', location, isDefault: false })
function cleartext(addresses: readonly string[], permitted?: boolean) {
  const policy = {
    packageName: 'com.bank.app',
    mayConnect: true,
    minSdk: 24,
    configPath: undefined,
    hosts: [],
    others: {
      cleartext: decision(permitted ?? false),
      anchors: { ...decision(false), value: [] },
      pinSet: undefined,
      location,
    },
    usesCleartextTraffic: undefined,
  }
  const facts = {
    ...noFacts(),
    endpoints: addresses.map(at),
    networkPolicies: permitted === undefined ? [] : [policy],
  }
  return [...cleartextAddress(facts, { app, settings })]
}

test('addresses of one’s own without TLS are told, unless the platform refuses them', () => {
  const [finding, ...others] = cleartext(['http://api.bank.com/v1', 'http://api.bank.com/v2'], true)
  assert.deepEqual(others, [])
  assert.equal(finding?.severity, 'low')
  assert.equal(finding.locations.length, 2)
  assert.equal(cleartext(['http://api.bank.com/v1']).length, 1)
  assert.deepEqual(cleartext(['http://api.bank.com/v1'], false), [])
  assert.equal(cleartext(['mqtt://api.bank.com'], false).length, 1)
  assert.deepEqual(cleartext(['http://others.com/v1', 'https://api.bank.com'], true), [])
})
