import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KeyManagerUse } from '../../src/dex/code-facts.ts'
import { detectKeys, fixture } from './detect-keys.ts'

const cases: readonly (readonly [string, string, string])[] = [
  // file, path in the package, what it is found to be
  ['self-person.p12', 'assets/a', 'client-identity high firm'],
  ['self-person.pem', 'assets/a', 'client-identity high firm'],
  ['self-address.p12', 'assets/a', 'client-identity high firm'],
  ['self-address.p12', 'assets/server.p12', 'private-key high certain'],
  ['self-address.pem', 'classes.dex', 'private-key high certain'],
  ['self-address.pem', 'assets/client.pem', 'client-identity high firm'],
  ['self-localhost.p12', 'assets/a', 'private-key high certain'],
  ['self-localhost.pem', 'classes.dex', 'private-key high certain'],
  ['debug.jks', 'assets/debug.keystore', 'private-key low certain'],
]

for (const [file, path, expected] of cases) {
  test(`${file} as ${path} is ${expected}`, async () => {
    const { findings } = await detectKeys({ files: { [path]: fixture(file) } })
    const [first] = findings
    assert.equal(`${first?.rule} ${first?.severity} ${first?.confidence}`, expected)
    assert.equal(findings.length, 1)
  })
}

test('a key that signs code is told apart', async () => {
  const { findings } = await detectKeys({
    files: { a: fixture('client-rsa-key.pem'), b: fixture('developer.pem') },
  })
  assert.match(findings[0]?.title ?? '', /^A private key that signs code: CN=developer/)
})

test('a certificate that has issued another is of a CA, though any purpose is allowed to it', async () => {
  const files = { a: fixture('self-person.pem'), b: fixture('issued-by-self-person.pem') }
  const { findings } = await detectKeys({ files })
  assert.match(
    findings[0]?.title ?? '',
    /^The private key of a certificate authority: CN=mobile app/,
  )
})

test('of several certificates of one key, the worst purpose counts', async () => {
  const { findings } = await detectKeys({
    files: {
      a: fixture('client-rsa-key.pem'),
      b: fixture('developer.pem'),
      c: fixture('client-rsa.pem'),
    },
  })
  assert.equal(findings[0]?.rule, 'client-identity')
  assert.match(findings[0]?.detail ?? '', /2 certificates of this key/)
})

const use = (role: KeyManagerUse['role']): KeyManagerUse => ({
  method: 'Lcom/bank/Tls;->open()V',
  role,
  location: { path: 'classes.dex' },
})
const listens = use('server')

async function verdictOf(keyManagerUses: readonly KeyManagerUse[], file: string, path: string) {
  const { findings } = await detectKeys({ files: { [path]: fixture(file) }, keyManagerUses })
  return findings[0]?.title
}

test('a keystore is of a server where code gives keys to sockets that listen, and to no others', async () => {
  const server = /^The private key of a TLS server: CN=mobile app/
  const client = /^A self-signed certificate with its private key: CN=mobile app/
  assert.match((await verdictOf([listens], 'self-person.p12', 'res/raw/agent.p12')) ?? '', server)
  for (const uses of [[], [listens, use('any')]]) {
    assert.match((await verdictOf(uses, 'self-person.p12', 'res/raw/agent.p12')) ?? '', client)
  }
})

test('that code listens says nothing of what a client is called by, and of keys outside of keystores', async () => {
  for (const [file, path] of [
    ['self-person.p12', 'res/raw/client.p12'],
    ['self-person.pem', 'assets/agent.pem'],
  ] as const) {
    assert.match((await verdictOf([listens], file, path)) ?? '', /^A self-signed certificate/, path)
  }
})
