import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { tmpdir } from 'node:os'
import { after, before, test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import type { ResolveName } from '@sallyport/token'
import type { WebhookConfig } from '../../src/webhooks/webhook-config.ts'
import { checkWebhooks } from '../../src/webhooks/webhook-config.ts'
import { sendMessage } from '../../src/webhooks/send-message.ts'
import { readWebhooks } from '../../src/webhooks/webhook-target.ts'
import { layOut } from '../fixture/deployment.ts'

let directory: string
let port: number
let calls = 0
const server = createServer((_request, response) => {
  calls++
  response.end()
})
before(async () => {
  const laid = await layOut({ directory: mkdtempSync(path.join(tmpdir(), 'sallyport-hooks-')) })
  directory = laid.directory
  writeFileSync(path.join(directory, 'ca.pem'), laid.caPem)
  const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}\n`
  writeFileSync(path.join(directory, 'hook.key'), secret, { mode: 0o600 })
  const { readFileSync } = await import('node:fs')
  const file = (name: string) => readFileSync(path.join(directory, name))
  server.setSecureContext({ cert: file('server.crt'), key: file('server.key') })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
})
after(() => {
  server.closeAllConnections()
  server.close()
  rmSync(directory, { recursive: true, force: true })
})

const resolvesTo =
  (...addresses: string[]): ResolveName =>
  (_name, _options, found) =>
    found(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )

async function attempt(host: string, networks: string[] = [], resolveName?: ResolveName) {
  const config = webhook({ url: `https://${host}:${port}/path?token=hidden`, networks })
  const targets = readWebhooks(directory, config, resolveName)
  const target = targets.get('siem') ?? assert.fail()
  const signal = AbortSignal.timeout(5_000)
  return sendMessage(target, { id: 'msg_1', body: '{}' }, { now: Date.now(), signal })
}

function webhook(more: Partial<WebhookConfig> & { url: string }) {
  const siem = {
    secretFile: 'hook.key',
    caFile: 'ca.pem',
    events: ['*'],
    networks: [],
    timeoutSeconds: 5,
    insecurePlaintext: false,
    ...more,
  }
  return { apps: {}, authority: { webhooks: { siem } } } as unknown as Parameters<
    typeof checkWebhooks
  >[0]
}

/** Each by the very address that would be connected to, whatever its name. */
const inside = [
  '127.0.0.1',
  '127.8.9.10',
  '10.0.0.1',
  '172.16.0.1',
  '192.168.1.1',
  '100.64.0.1',
  '198.18.0.1',
  '0.0.0.0',
  '169.254.169.254',
  '168.63.129.16',
  '100.100.100.200',
  '224.0.0.1',
  '255.255.255.255',
  '::1',
  '::',
  'fe80::1',
  'fd00::1',
  'fd00:ec2::254',
  'ff02::1',
  '::ffff:127.0.0.1',
  '::ffff:10.0.0.1',
  '64:ff9b::7f00:1',
  '64:ff9b::a9fe:a9fe',
  '2002:7f00:1::',
  '2001:db8::1',
]
for (const address of inside) {
  test(`nothing is sent to ${address}, by name or as it is`, async () => {
    const before = calls
    const named = await attempt('hooks.example.com', [], resolvesTo(address))
    const isAddress = address.includes(':') ? `[${address}]` : address
    for (const found of [named, await attempt(isAddress)]) {
      assert.equal(found.outcome, 'failed')
      assert.match('why' in found ? found.why : '', /has the address .*or one of networks/)
      assert.doesNotMatch(JSON.stringify(found), /hidden|token|path/)
    }
    assert.equal(calls, before)
  })
}

test('one address of several that is inside refuses the name', async () => {
  const found = await attempt('hooks.example.com', [], resolvesTo('8.8.8.8', '10.0.0.1'))
  assert.match('why' in found ? found.why : '', /10\.0\.0\.1/)
})

test('a name that resolves differently for the connection gains nothing', async () => {
  let asked = 0
  const rebinding: ResolveName = (name, options, found) =>
    resolvesTo(++asked === 1 ? '10.0.0.1' : '127.0.0.1')(name, options, found)
  const before = calls
  // What was looked at is what would be connected to: a second question is another attempt.
  assert.match(JSON.stringify(await attempt('hooks.example.com', [], rebinding)), /10\.0\.0\.1/)
  assert.match(JSON.stringify(await attempt('hooks.example.com', [], rebinding)), /127\.0\.0\.1/)
  assert.equal(asked, 2)
  assert.equal(calls, before)
})

test('a network that is named is called, and no other for it', async () => {
  const found = await attempt('localhost', ['127.0.0.1'], resolvesTo('127.0.0.1'))
  assert.deepEqual(found, { outcome: 'delivered', status: 200 })
  const other = await attempt('localhost', ['10.0.0.0/8', '127.0.0.2'], resolvesTo('127.0.0.1'))
  assert.equal(other.outcome, 'failed')
})

test('no network opens link-local addresses, nor the services of clouds', async () => {
  for (const address of [
    '169.254.169.254',
    '168.63.129.16',
    '0.0.0.0',
    'fe80::1',
    'fd00:ec2::254',
  ]) {
    const found = await attempt('hooks.example.com', ['0.0.0.0/0', '::/0'], resolvesTo(address))
    assert.match(JSON.stringify(found), /has the address/, address)
  }
})

test('no proxy of the environment is asked', async () => {
  const variables = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'NODE_USE_ENV_PROXY'] as const
  for (const name of variables)
    process.env[name] = name === 'NODE_USE_ENV_PROXY' ? '1' : 'http://127.0.0.1:9'
  try {
    const found = await attempt('localhost', ['127.0.0.1'], resolvesTo('127.0.0.1'))
    assert.equal(found.outcome, 'delivered')
  } finally {
    for (const name of variables) Reflect.deleteProperty(process.env, name)
  }
})

const refused: [string, Partial<WebhookConfig> & { url: string }, RegExp][] = [
  [
    'plain HTTP elsewhere',
    { url: 'http://hooks.example.com/', insecurePlaintext: true },
    /without TLS/,
  ],
  ['plain HTTP without a word', { url: 'http://127.0.0.1/' }, /said by both/],
  [
    'a word without plain HTTP',
    { url: 'https://x.example/', insecurePlaintext: true },
    /said by both/,
  ],
  ['no network', { url: 'https://x.example/', networks: ['10.0.0.0/64'] }, /no network/],
  ['another app', { url: 'https://x.example/', apps: ['nothing'] }, /no such app/],
]
for (const [what, more, why] of refused) {
  test(`a configuration is refused with ${what}`, () => {
    const isSaid = (error: unknown) => isProblem(error) && why.test(String(error.detail))
    assert.throws(() => checkWebhooks(webhook(more)), isSaid)
  })
}
