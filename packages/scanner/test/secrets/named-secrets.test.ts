import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ResourceTable } from '../../src/android/resources/resource-table.ts'
import type { Facts } from '../../src/facts.ts'
import { defaultLimits } from '../../src/index.ts'
import { hardcodedSecrets } from '../../src/secrets/hardcoded-secrets.ts'
import { judgeNamed } from '../../src/secrets/named/named-secrets.ts'
import type { TextSource } from '../../src/text-region.ts'
import { lookAt } from '../looked-at.ts'

const settings = { submittedAt: new Date(0), releaseWindowDays: 0, limits: defaultLimits }
const look = (text: string, source: TextSource = 'file', known: Partial<Facts> = {}) =>
  lookAt([hardcodedSecrets(settings)], text, source, known)

const key = 'f3Kd92mQpX7vLz04Tb8w'
const password = 'Rk39-kd0wQ'

/** How files give a name a value. */
const forms: Readonly<Record<string, readonly [text: string, source: TextSource]>> = {
  JSON: [`{ "apiKey": "${key}" }`, 'file'],
  'a minified bundle': [`a.b={apiKey:"${key}",c:1}`, 'script'],
  'an assignment': [`this.api_key = '${key}';`, 'script'],
  'an assignment by key': [`config["api-key"]="${key}"`, 'script'],
  properties: [`server=x\napi.key=${key}\nport=1\n`, 'file'],
  '.env': [`export API_KEY=${key}\n`, 'file'],
  YAML: [`client:\n  api_key: ${key}\n  host: a\n`, 'file'],
  'resources of XML': [`<string name="api_key" translatable="false">${key}</string>`, 'markup'],
  'preferences of XML': [`<map><string name="apiKey">${key}</string></map>`, 'file'],
  elements: [`<api_key>${key}</api_key>`, 'file'],
  'attributes of meta-data': [
    `<meta-data android:name="com.bank.API_KEY" android:value="${key}"/>`,
    'markup',
  ],
  'a property list': [`<key>ApiKey</key>\n\t<string>${key}</string>`, 'property-list'],
  'a property list as lines': [`ApiKey = "${key}"\n`, 'property-list'],
}

for (const [name, [text, source]] of Object.entries(forms)) {
  test(`a key that is named is found in ${name}`, async () => {
    const { findings } = await look(text, source)
    assert.deepEqual(
      findings.map(({ facts }) => facts?.['kind']),
      ['named-key'],
    )
    assert.equal(findings[0]?.severity, 'low')
    assert.equal(findings[0].confidence, 'tentative')
    assert.equal(findings[0].locations[0]?.offset, text.indexOf(key))
  })
}

test('a password that is named is found, and may open keystores', async () => {
  const { findings, facts } = await look(`keystore.password=${password}\n`)
  assert.deepEqual(
    findings.map(({ facts: about }) => about?.['kind']),
    ['named-password'],
  )
  assert.deepEqual(facts, [{ kind: 'passwords', fact: { text: password, weight: 90 } }])
})

test('a password that a person may have chosen is no finding, and may open keystores all the same', async () => {
  const { findings, facts } = await look('storePassword=changeit\n')
  assert.deepEqual(findings, [])
  assert.equal(facts.length, 1)
})

test('constants of code and resources are judged by their names', async () => {
  const location = { path: 'classes.dex', offset: 7 }
  const { findings } = await look('', 'file', {
    namedTexts: [
      { name: 'API_KEY', text: key, location },
      { name: 'API_KEY_HEADER', text: key, location },
      { name: 'TITLE', text: key, location },
    ],
  })
  assert.deepEqual(
    findings.map(({ locations }) => locations),
    [[location]],
  )
})

test('what has a kind is not guessed by its name as well', async () => {
  const hex = '4f9a0c7de1b25683a4f9c0e7d1b25683'
  const { findings } = await look(`mailgun_api_key="key-${hex}"`)
  assert.deepEqual(
    findings.map(({ facts }) => facts?.['kind']),
    ['mailgun-key'],
  )
})

test('names and values that mean something else are no findings', () => {
  const benign: readonly (readonly [name: string, value: string])[] = [
    ['apiKey', 'YOUR_API_KEY_GOES_HERE_1234'],
    ['apiKey', 'user-session-api-key-v2-2024'],
    ['apiKey', 'com.bank.app.ApiKey.name1234'],
    ['api_key_url', key],
    ['tokenType', key],
    ['token', 'AuthenticationTokenProvider12'],
    ['token', 'aaaaaaaaaaaaaaaaaaaa11'],
    ['csrfToken', key],
    ['clientRequestToken', key],
    ['publicKey', key],
    ['stripe_api_key', `pk_live_${key}`],
    ['secret', 'https://bank.com/a1b2c3d4e5f6'],
    ['secret', '/data/user/0/com.bank/a1b2c3'],
    ['secret', 'sha256-a1b2c3d4e5f6a7b8c9d0e1f2'],
    ['password', 'Enter your password'],
    ['password', 'passwordField1'],
    ['password', '12345678'],
    ['password', 'changeit'],
    ['passwordLastUsed', '2016-06-01T22:31:00Z'],
    ['password', '${env.PASSWORD}'],
    ['secretKey', 'PBKDF2WithHmacSHA256'],
    ['encryptionKey', 'AES/CBC/PKCS5Padding'],
    ['refresh_token', 'tGzv3JOkF0XG5Qx2TlKWIA'],
  ]
  for (const [name, value] of benign)
    assert.equal(judgeNamed(name, value), undefined, `${name}=${value}`)
})

test('the token of a public key, as .NET names assemblies, is no finding', async () => {
  const mapping = '<map Token="7cec85d7bea7798e" PublicKey="00240000048000009400" />'
  assert.deepEqual((await look(mapping, 'native-strings')).findings, [])
  const [finding] = (await look(mapping.replace('PublicKey', 'Colour'), 'native-strings')).findings
  assert.equal(finding?.rule, 'hardcoded-secret')
})

test('words of minified code are no findings', async () => {
  for (const text of [
    'this.unk_token=e.unk_token,this.vocab=new Array(this.tokens_to_ids.size)',
    'password:t.password,token:e.token||"",secretKey:n(r)',
    '{"password":"Passwort vergessen?","token":"Kennung"}',
    'case"accessKey":return"ctrl+shift+down"',
  ]) {
    assert.deepEqual((await look(text, 'script')).findings, [], text)
  }
})

/** Resources of an app that are strings. */
function table(strings: Readonly<Record<string, string>>): ResourceTable {
  return {
    path: 'resources.arsc',
    nameOf: () => undefined,
    byId: () => [],
    byName: () => [],
    ofType: (type) =>
      Object.entries(type === 'string' ? strings : {}).map(([name, text], offset) => ({
        name,
        entries: () => [
          { config: { sdk: 0, isDefault: true }, value: { kind: 'string', text }, offset },
        ],
      })),
  }
}

test('strings of resources are judged by their names', async () => {
  const strings = {
    app_name: 'Bank',
    bank_api_key: key,
    password_hint: 'Rk39-kd0wQ',
    sign_in: 'Sign in',
  }
  const { findings } = await look('', 'file', { resourceTables: [table(strings)] })
  assert.deepEqual(
    findings.map(({ locations }) => locations[0]),
    [{ path: 'resources.arsc', offset: 1, within: 'string/bank_api_key' }],
  )
})
