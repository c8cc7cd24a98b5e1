import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Examination } from '../../src/doctor/finding.ts'
import { identityProviderCheck } from '../../src/doctor/identity-provider-check.ts'

const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-doctor-provider-'))
const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const keys = JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k1' }] })

let aheadMs = 0
let origin = ''
const server = createServer((request, response) => {
  const date = new Date(Date.now() + aheadMs).toUTCString()
  const metadata = JSON.stringify({ issuer: origin, jwks_uri: `${origin}/keys` })
  const bodies = new Map([
    ['/keys', keys],
    ['/.well-known/openid-configuration', metadata],
  ])
  const body = bodies.get(request.url ?? '')
  response.writeHead(body === undefined ? 404 : 200, { date }).end(body)
})

before(async () => {
  writeFileSync(path.join(directory, 'keys.json'), keys)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
after(() => {
  server.closeAllConnections()
  server.close()
  rmSync(directory, { recursive: true })
})

async function findings(provider: object) {
  const identityProviders = { main: { audience: 'api', issuer: origin, ...provider } }
  const file = { directory, value: { identityProviders } } as unknown as Examination['file']
  return await identityProviderCheck.examine({ file, client: undefined, now: Date.now })
}

describe('doctor, of identity providers', () => {
  test('says which keys were found by the issuer, and that clocks agree', async () => {
    const said = await findings({})
    assert.deepEqual(
      said.map(({ verdict, found }) => [verdict, found]),
      [
        ['ok', 'publishes 1 key, for ES256'],
        ['ok', 'under a second apart'],
      ],
    )
  })

  test('reads a file of keys, and says nothing of clocks then', async () => {
    const said = await findings({ issuer: 'https://id.example.com', jwksFile: 'keys.json' })
    assert.deepEqual(
      said.map(({ verdict }) => verdict),
      ['ok'],
    )
  })

  for (const [case_, provider, words] of [
    ['no key fits the algorithms', { algorithms: ['RS256'] }, /none is for RS256/],
    ['another issuer is behind the name', { issuer: 'slash' }, /of another issuer/],
    [
      'it cannot be asked about tokens',
      { introspection: { clientId: 'a', clientSecretFile: 'b' } },
      /no introspection_endpoint/,
    ],
    ['a URL answers otherwise', { jwksUrl: 'elsewhere' }, /HTTP status 404/],
  ] as const) {
    test(`fails where ${case_}`, async () => {
      const { issuer, jwksUrl, ...rest } = { issuer: '', jwksUrl: '', ...provider }
      const [finding] = await findings({
        ...rest,
        ...(issuer === '' ? {} : { issuer: `${origin}/` }),
        ...(jwksUrl === '' ? {} : { jwksUrl: `${origin}/${jwksUrl}` }),
      })
      assert.equal(finding?.verdict, 'fail')
      assert.match(finding.found, words)
      assert.notEqual(finding.fix, undefined)
    })
  }

  for (const [offsetMs, refused] of [
    [120_000, 'token_not_yet_valid'],
    [-120_000, 'token_expired'],
  ] as const) {
    test(`fails where clocks make tokens ${refused}`, async (t) => {
      aheadMs = offsetMs
      t.after(() => {
        aheadMs = 0
      })
      const [, clocks] = await findings({})
      assert.equal(clocks?.verdict, 'fail')
      assert.match(clocks.fix ?? '', new RegExp(refused))
    })
  }
})
