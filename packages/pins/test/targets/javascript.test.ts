import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { parseNetworkSecurityConfig } from '../platform/network-security-config.ts'
import { pin } from '../pins-yaml.ts'
import { fixtures, textOf, wholeRoots } from './file-of.ts'

type Config = Record<string, unknown>
type Plugin = (config: Config) => Config

/** A project where `expo/config-plugins` runs each change at once, as prebuild does in the end. */
function project(): { folder: string; plugin: Plugin; android: string; manifest: Config } {
  const folder = mkdtempSync(path.join(tmpdir(), 'sallyport-expo-'))
  const android = path.join(folder, 'android')
  const manifest: Config = {}
  const packageFolder = path.join(folder, 'node_modules/expo/config-plugins')
  mkdirSync(packageFolder, { recursive: true })
  writeFileSync(
    path.join(packageFolder, 'index.js'),
    `const run = (kind) => (config, change) => {
      const results = { ...config, modResults: config.state[kind], modRequest: config.state.request }
      const { modResults } = (Array.isArray(change) ? change[1] : change)(results)
      config.state[kind] = modResults
      return config
    }
    module.exports = { withAndroidManifest: run('manifest'), withDangerousMod: run('dangerous'), withInfoPlist: run('plist') }
    `,
  )
  writeFileSync(path.join(folder, 'with-pins.js'), textOf('expo', { 'api.example.com': '' }))
  const plugin = createRequire(path.join(folder, 'app.js'))('./with-pins.js') as Plugin
  return { folder, plugin, android, manifest }
}

function stateOf(android: string, application: Config) {
  return {
    manifest: { manifest: { application: [{ $: application }] } },
    dangerous: {},
    plist: { NSAppTransportSecurity: { NSPinnedDomains: { 'other.example': {} } } } as Config,
    request: { platformProjectRoot: android },
  }
}

test('the Expo plugin writes what Android reads, names it, and leaves other pins of iOS', () => {
  const { plugin, android } = project()
  const application: Config = {}
  const state = stateOf(android, application)
  plugin({ state })
  assert.equal(application['android:networkSecurityConfig'], '@xml/network_security_config')
  const xml = readFileSync(
    path.join(android, 'app/src/main/res/xml/network_security_config.xml'),
    'utf8',
  )
  assert.deepEqual(
    parseNetworkSecurityConfig(xml).map(({ domain, pins }) => [domain, [...pins]]),
    [['api.example.com', [pin(1), pin(2)]]],
  )
  assert.deepEqual(state.plist, {
    NSAppTransportSecurity: {
      NSPinnedDomains: {
        'other.example': {},
        'api.example.com': {
          NSIncludesSubdomains: false,
          NSPinnedLeafIdentities: [
            { 'SPKI-SHA256-BASE64': pin(1) },
            { 'SPKI-SHA256-BASE64': pin(2) },
          ],
        },
      },
    },
  })
})

test('the Expo plugin does not take the place of another configuration of Android', () => {
  const { plugin, android } = project()
  const state = stateOf(android, { 'android:networkSecurityConfig': '@xml/own' })
  assert.throws(() => plugin({ state }), /@xml\/own/)
})

test('the client is given the roots of the most specific host, until the last day', async () => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'sallyport-trust-')), 'pinned-trust.ts')
  writeFileSync(
    file,
    textOf('sallyport-sdk', {
      'api.example.com': `    expires: '2027-06-01'\n${wholeRoots}`,
      'example.net': `    subdomains: one\n${wholeRoots}`,
    }),
  )
  const { trustFor } = (await import(pathToFileURL(file).href)) as {
    trustFor: (name: string, now?: number) => 'system' | { caCertificates: string }
  }
  const roots = ['one', 'two'].map((name) =>
    readFileSync(path.join(fixtures, `root-${name}.pem`), 'utf8').trim(),
  )
  assert.deepEqual(trustFor('api.example.com', 0), { caCertificates: roots.join('\n') })
  assert.equal(trustFor('api.example.com', Date.UTC(2027, 5, 1)), 'system')
  assert.equal(trustFor('x.api.example.com', 0), 'system')
  assert.notEqual(trustFor('A.example.net'), 'system')
  assert.notEqual(trustFor('example.net.'), 'system')
  assert.equal(trustFor('b.a.example.net'), 'system')
  assert.equal(trustFor('badexample.net'), 'system')
})
