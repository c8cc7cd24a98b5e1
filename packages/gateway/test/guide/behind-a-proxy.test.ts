import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { composeSchema, parseConfig } from '@sallyport/config'
import Type from 'typebox'
import { makeAddressPlan } from '../../src/addresses/make-address-plan.ts'
import { makeListeners } from '../../src/configuration/make-listeners.ts'
import { forms } from '../../src/forwarded/forms.ts'
import { type GatewayConfig, gatewaySection } from '../../src/index.ts'
import { createWorld } from '../support/world.ts'

const guide = readFileSync(
  new URL('../../../../../docs/guide/behind-a-proxy.md', import.meta.url),
  'utf8',
)
const blocks = [...guide.matchAll(/^```yaml\ngateway:\n([\s\S]*?)^```$/gm)].map(
  ([, block = '']) => block,
)
const schema = composeSchema([
  { key: 'trustDomain', schema: Type.String(), required: true },
  { ...gatewaySection, required: true },
])
const rest = `version: 1
trustDomain: example.com
gateway:
  name: gateway-1
  stateDirectory: state
  authority: { url: 'https://localhost:1', caFile: a, certificateFile: b, keyFile: c }
  upstreams: {}
  hosts: { a.example.com: { clientCertificate: require, certificate: { certificateFile: a, keyFile: b }, routes: [{ match: { path: / }, upstream: a }] } }
`

test('the configuration of the guide to proxies is valid, all of it', async (t) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-guide-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const world = await createWorld()
  writeFileSync(path.join(directory, 'mesh-ca.pem'), world.serviceCa)
  writeFileSync(path.join(directory, 'partners.txt'), '203.0.113.0/24 # them\n')
  for (const name of ['hop-secret', 'hop-secret.next']) {
    writeFileSync(path.join(directory, name), `${name}-of-thirty-two-characters-or-more\n`)
  }
  assert.equal(blocks.length, 3)
  const listeners = blocks.map((block) => {
    const listen = block.includes('listen:') ? '' : '  listen: [127.0.0.1:1]\n'
    const file = path.join(directory, 'sallyport.yaml')
    const config = parseConfig(file, rest + listen + block, schema) as GatewayConfig
    makeAddressPlan(config)
    return makeListeners(config)
  })
  assert.deepEqual(
    listeners[1]?.map(({ hop }) => hop?.proof.kind),
    [undefined, 'unixSocket', 'mutualTls', 'sharedSecret', 'network'],
  )
})

test('the guide to proxies lists every form', () => {
  for (const name of Object.keys(forms)) assert(guide.includes(`| \`${name}\` |`), name)
})
