import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { composeSchema, parseConfig } from '@sallyport/config'
import Type from 'typebox'
import { parse } from 'yaml'
import { gatewaySection } from '../src/index.ts'

const schema = composeSchema([
  { key: 'trustDomain', schema: Type.String(), required: true },
  { ...gatewaySection, required: true },
])

type Members = Record<string, unknown>

const host = {
  clientCertificate: 'off',
  certificate: { certificateFile: 'a.pem', keyFile: 'a.key' },
  routes: [{ match: { path: '/*' }, upstream: 'accounts' }],
}
const base = {
  name: 'gateway-1',
  listen: ['127.0.0.1:8440'],
  stateDirectory: 'state',
  authority: { url: 'https://a', caFile: 'ca.pem', certificateFile: 'g.pem', keyFile: 'g.key' },
  upstreams: { accounts: { targets: ['http://10.0.0.7:8080'] } },
  hosts: { 'api.example.com': host },
}

/** A whole configuration of what a page shows a part of. */
function completed(shown: Members): Members {
  const gateway = { ...base, ...(shown['gateway'] as Members | undefined) }
  const { certificate } = shown
  if (certificate !== undefined) {
    gateway.hosts = { 'api.example.com': { ...host, certificate } as typeof host }
  }
  return { version: 1, trustDomain: 'example.com', gateway }
}

for (const [page, count] of [
  ['services', 2],
  ['server-certificates', 3],
  ['limits', 3],
] as const) {
  test(`what docs/guide/${page}.md configures is taken`, () => {
    const file = new URL(`../../../../docs/guide/${page}.md`, import.meta.url)
    const blocks = [...readFileSync(file, 'utf8').matchAll(/^```yaml\n(.*?)^```/gms)]
    assert.equal(blocks.length, count)
    for (const [, block = ''] of blocks) {
      parseConfig(`${page}.md`, JSON.stringify(completed(parse(block) as Members)), schema)
    }
  })
}
