import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import type { NetworkInterfaceInfo } from 'node:os'
import { test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import { parse } from 'yaml'
import { developmentConfig } from '../../../src/dev/development-config.ts'
import { handoutFiles, serveHandout } from '../../../src/dev/lan/handout.ts'
import { invitationCode, invitationLink } from '../../../src/dev/lan/invitation.ts'
import { findLanAddress } from '../../../src/dev/lan/lan-address.ts'
import { lanConfig } from '../../../src/dev/lan/lan-config.ts'
import { networkSecurityConfig } from '../../../src/dev/lan/network-security-config.ts'
import { appleProfile } from '../../../src/dev/lan/profile.ts'
import { developmentLayout } from '../../../src/dev/layout.ts'
import { assertGolden } from '../../golden.ts'

const ca = Buffer.from('not really a certificate')
const ports = {
  gateway: 1001,
  device: 1002,
  admin: 1003,
  authorityOperations: 1004,
  gatewayOperations: 1005,
  upstream: 1006,
}

test('the profile and the network security configuration are these', () => {
  assertGolden('sallyport.mobileconfig', appleProfile(ca, 'Sallyport & <company>'))
  assertGolden('network_security_config.xml', networkSecurityConfig())
})

test('the invitation holds gateway, authority, app, token and the hash of the CA', () => {
  const gateway = 'https://mac.local:8440'
  const authority = 'https://mac.local:8443'
  const link = invitationLink({ gateway, authority, appId: 'demo', token: 'ent_x', ca })
  const url = new URL(link)
  assert.equal(url.protocol, 'sallyport:')
  const hash = createHash('sha256').update(ca).digest('base64url')
  assert.deepEqual(Object.fromEntries(url.searchParams), {
    gateway,
    authority,
    app: 'demo',
    token: 'ent_x',
    ca: `sha256:${hash}`,
  })
  assert.ok(invitationCode(link).split('\n').length > 20)
})

test('opened to the network, every enrolment needs a token, and the admin API stays closed', () => {
  const layout = developmentLayout('/tmp/dev')
  const lan = { address: '192.0.2.7', name: 'mac.local' }
  const config = parse(lanConfig(developmentConfig(layout, ports), ports, lan))
  assert.deepEqual(config.gateway.listen, ['127.0.0.1:1001', '192.0.2.7:1001'])
  assert.deepEqual(config.gateway.hosts['mac.local'], config.gateway.hosts.localhost)
  assert.equal(config.apps.demo.enrollment.enrollmentToken, 'required')
  assert.equal(config.authority.listeners.device.listen, '0.0.0.0:1002')
  assert.equal(config.authority.listeners.admin.listen, '127.0.0.1:1003')
  assert.equal(config.gateway.operations.listen, '127.0.0.1:1005')
})

const interfaceOf = (address: string, internal: boolean) =>
  ({ address, internal, family: 'IPv4' }) as NetworkInterfaceInfo

test('the address is the first that is not loopback; the name is the one asked for', () => {
  const interfaces = {
    lo: [interfaceOf('127.0.0.1', true)],
    en0: [interfaceOf('192.0.2.7', false)],
  }
  assert.deepEqual(findLanAddress('Mac.local', interfaces), {
    address: '192.0.2.7',
    name: 'mac.local',
  })
})

test('without a network, or with an address for a name, there is a reason', () => {
  const isUsage = (error: unknown): boolean => isProblem(error) && error.code === 'command_usage'
  assert.throws(() => findLanAddress(undefined, { lo: [interfaceOf('127.0.0.1', true)] }), isUsage)
  const interfaces = { en0: [interfaceOf('192.0.2.7', false)] }
  assert.throws(() => findLanAddress('192.0.2.7', interfaces), isUsage)
})

test('the handout serves its files and nothing else', async (t) => {
  const server = await serveHandout(handoutFiles(ca, 'test'), { host: '127.0.0.1', port: 0 })
  t.after(() => server.close())
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const certificate = await fetch(`${origin}/sallyport_development_ca.crt`)
  assert.equal(certificate.headers.get('content-type'), 'application/x-x509-ca-cert')
  assert.deepEqual(Buffer.from(await certificate.arrayBuffer()), ca)
  assert.match(await (await fetch(origin)).text(), /href="\/sallyport\.mobileconfig"/)
  assert.equal((await fetch(`${origin}/../sallyport.yaml`)).status, 404)
  assert.equal((await fetch(`${origin}/state`)).status, 404)
})
