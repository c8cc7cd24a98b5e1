import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { test } from 'node:test'
import { isProblem, type Problem } from '@sallyport/problem'
import { startGateway } from '../src/index.ts'
import { askOnce } from './support/client.ts'
import { type Bed, type BedOptions, readTestConfig, route, startBed } from './support/gateway.ts'

const quiet = () => {}
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet }
const gateway = (members: Record<string, unknown>): BedOptions => ({ gateway: members })
const routes = (clientCertificate: string, ...stages: Record<string, unknown>[]): BedOptions => ({
  hosts: {
    'api.example.com': {
      clientCertificate,
      routes: stages.map((each, index) => route({ match: { path: `/${index}/*` }, stages: each })),
    },
  },
})
const rule = (members: Record<string, unknown>) => ({
  limits: { rules: [{ name: 'a', key: 'address', limit: 5, per: '1m', ...members }] },
})
const listener = (members: Record<string, unknown>) =>
  gateway({ listen: [{ address: '127.0.0.1:0', ...members }] })
const hop = (from: string[]) =>
  listener({ clientCertificates: { form: 'xfcc', hop: { network: { from } } } })

/** What must be refused, alike by a reload and by a start, and what is said of it. */
const mistakes: Readonly<Record<string, readonly [BedOptions, RegExp]>> = {
  'a hop that is anybody': [hop(['0.0.0.0/0']), /:\d+:\d+: .*so wide/],
  'a hop that is anybody by IPv6': [hop(['10.0.0.0/8', '::/0']), /:\d+:\d+: .*so wide/],
  'a hop that is anybody in two halves': [hop(['0.0.0.0/1', '128.0.0.0/1']), /:\d+:\d+: .*so wide/],
  'a hop that is anybody, mapped': [hop(['::ffff:0:0/96']), /:\d+:\d+: /],
  'PROXY headers from anybody': [
    listener({ proxyProtocol: { from: ['0.0.0.0/0'] } }),
    /:\d+:\d+: .*so wide/,
  ],
  'two listeners, one of them everywhere': [
    gateway({ listen: ['0.0.0.0:28445', '127.0.0.1:28445'] }),
    /:\d+:\d+: another listener/,
  ],
  'a limit by user without tokens': [
    routes('optional', rule({ key: 'user' })),
    /:\d+:\d+: the rule counts nobody/,
  ],
  'a limit by device on a host that asks for none': [
    routes('off', rule({ key: ['device', 'address'] })),
    /:\d+:\d+: the rule counts nobody/,
  ],
  'one name for two limits that share their counters': [
    routes('optional', rule({ across: 'host' }), rule({ across: 'host', limit: 6 })),
    /:\d+:\d+: the limit a is another one/,
  ],
  'a limit of nothing': [routes('optional', rule({ limit: 0 })), /:\d+:\d+: "limit" must be >= 1/],
  'a limit below nothing': [routes('optional', rule({ limit: -1 })), /:\d+:\d+: "limit"/],
  'a limit that nobody reaches': [routes('optional', rule({ limit: 1e12 })), /:\d+:\d+: "limit"/],
  'a network with a bit too many': [
    gateway({ addresses: { deny: ['10.0.0.0/33'] } }),
    /:\d+:\d+: this is no network/,
  ],
  'a network that begins in its middle': [
    gateway({ addresses: { deny: ['10.0.0.1/8'] } }),
    /:\d+:\d+: this is no network/,
  ],
  'a list over plain HTTP': [
    gateway({ addresses: { lists: [{ name: 'a', url: 'http://x.example/l' }] } }),
    /:\d+:\d+: "url"/,
  ],
  'two lists of one name': [
    gateway({
      addresses: {
        lists: ['x', 'y'].map((host) => ({ name: 'a', url: `https://${host}.example/` })),
      },
    }),
    /:\d+:\d+: two lists/,
  ],
  'a Redis at no port': [
    gateway({ counters: { redis: { url: 'redis://127.0.0.1:99999' } } }),
    /:\d+:\d+: nobody can be asked there/,
  ],
  'a Redis elsewhere without TLS': [
    gateway({ counters: { redis: { url: 'redis://redis.internal:6379/0' } } }),
    /:\d+:\d+: the network would read/,
  ],
  'limits that limit nothing': [routes('optional', { limits: {} }), /:\d+:\d+: nothing is limited/],
  'limits that only tell': [
    routes('optional', { limits: { fields: 'always' } }),
    /:\d+:\d+: nothing is limited/,
  ],
  'an access rule that asks nothing': [
    routes('require', { access: { rules: [{ name: 'all' }] } }),
    /:\d+:\d+: the rule has no condition/,
  ],
  'a permission that no role gives': [
    {
      ...routes('require', {
        access: { rules: [{ name: 'a', device: {}, permissions: ['accounts.raed'] }] },
      }),
      ...gateway({ access: { roles: { teller: { permissions: ['accounts.read'] } } } }),
    },
    /:\d+:\d+: no role gives this permission; did you mean "accounts.read"\?/,
  ],
  'a provider that cannot be asked': [
    {
      identityProviders: {
        main: {
          issuer: 'https://id.example.com',
          audience: 'a',
          jwksUrl: 'http://id.example.com/',
        },
      },
    },
    /:\d+:\d+: identityProviders\.main\.jwksUrl: it cannot be used/,
  ],
  'operations where devices come': [
    gateway({ listen: ['0.0.0.0:28446'], operations: { listen: '127.0.0.1:28446' } }),
    /:\d+:\d+: another listener of the gateway has this address/,
  ],
  'a policy that is none': [gateway({ counters: { whenAway: 'opened' } }), /did you mean "open"/],
  'counters for more than there is memory': [
    gateway({ counters: { provenKeys: 2 ** 31 } }),
    /:\d+:\d+: "provenKeys"/,
  ],
  'a provider that is not there': [
    routes('optional', { token: { providers: ['mian'] } }),
    /:\d+:\d+: nobody is configured/,
  ],
  'a condition that ends too soon': [
    routes('optional', { access: { rules: [{ name: 'a', when: 'user.subject ==' }] } }),
    /:\d+:\d+: the condition is not valid CEL/,
  ],
  'a condition over nothing that is': [
    routes('optional', { access: { rules: [{ name: 'a', when: 'usr.subject == "x"' }] } }),
    /:\d+:\d+: the condition is not valid CEL/,
  ],
  'http-01 without a listener': [
    gateway({ acme: { ca: { directoryUrl: 'https://127.0.0.1:1/', challenge: 'http-01' } } }),
    /:\d+:\d+: http-01 is answered on a listener of its own/,
  ],
  'a socket with too long a path': [
    gateway({
      decisions: {
        listen: [`unix:/tmp/${'a'.repeat(120)}`],
        callers: [{ name: 'n', form: 'nginx' }],
      },
    }),
    /:\d+:\d+: item 1 of "listen"/,
  ],
}

const faultOf = (work: Promise<unknown>): Promise<Problem | undefined> =>
  work.then(
    () => undefined,
    (error: unknown) => {
      assert(isProblem(error), String(error))
      return error
    },
  )

async function faultOfStart(bed: Bed): Promise<Problem | undefined> {
  const file = path.join(bed.directory, 'sallyport.yaml')
  return faultOf(
    readTestConfig(file)
      .then((config) => startGateway(config, { log }))
      .then((started) => started.close()),
  )
}

test('careless configurations are refused at their place, by start and reload alike, and the old one goes on', async (t) => {
  const bed = await startBed(t)
  const device = await bed.world.device()
  for (const [name, [options, said]] of Object.entries(mistakes)) {
    await bed.writeConfig(options)
    const ofReload = await faultOf(bed.gateway.reload())
    assert.match(String(ofReload?.message), said, name)
    assert.equal(String((await faultOfStart(bed))?.message), String(ofReload?.message), name)
  }
  assert.equal((await askOnce(bed, device)).status, 200)
})

test('a socket is made in place of no file that is something else, and in no folder that is not there', async (t) => {
  const bed = await startBed(t)
  const file = path.join(bed.directory, 'precious')
  const folder = path.join(bed.directory, 'folder')
  await writeFile(file, 'precious')
  await mkdir(folder)
  const callers = [{ name: 'n', form: 'nginx' }]
  const hopOfSocket = { form: 'xfcc', hop: { unixSocket: {} } }
  for (const place of [file, folder, path.join(bed.directory, 'missing', 'socket')]) {
    for (const members of [
      { decisions: { listen: [`unix:${place}`], callers } },
      { listen: [{ address: `unix:${place}`, clientCertificates: hopOfSocket }] },
    ]) {
      await bed.writeConfig(gateway(members))
      const fault = await faultOfStart(bed)
      assert(fault?.message.includes(place) === true, String(fault))
      assert.notEqual(fault.code, 'internal_error')
    }
  }
  assert.equal(await readFile(file, 'utf8'), 'precious')
})

test('two gateways cannot be given one socket for decisions', async (t) => {
  const bed = await startBed(t)
  const socket = path.join(bed.directory, 'decisions.sock')
  await bed.writeConfig(
    gateway({
      decisions: { listen: [`unix:${socket}`], callers: [{ name: 'n', form: 'nginx' }] },
    }),
  )
  const first = await startGateway(
    await readTestConfig(path.join(bed.directory, 'sallyport.yaml')),
    { log },
  )
  t.after(() => first.close())
  assert.equal((await faultOfStart(bed))?.code, 'port_in_use')
})
