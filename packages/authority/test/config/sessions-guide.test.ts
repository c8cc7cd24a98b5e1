import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { isReasonCode } from '@sallyport/problem'
import { checkConfig } from '../../src/config/check-config.ts'
import { readTestConfig } from '../fixture/deployment.ts'

const guide = readFileSync(
  new URL('../../../../../docs/guide/sessions.md', import.meta.url),
  'utf8',
)

test('the configuration in the guide to sessions is taken, with the defaults that it tells', () => {
  const yaml = /```yaml\n([\s\S]*?)```/.exec(guide)?.[1] ?? ''
  const [, providers = '', apps = '', authority = ''] =
    /^([\s\S]*?)^apps:$([\s\S]*?)^authority:$([\s\S]*)/m.exec(yaml) ?? []
  const config = readTestConfig('/nowhere', `${apps}\n${providers}`, undefined, authority)
  checkConfig(config)
  const { sessions, tokenExchange } = config.authority
  assert.equal(sessions.logout['corp']?.ends, 'session')
  assert.equal(tokenExchange['corp']?.lifetimeMinutes, 10)
  const { authority: bare } = readTestConfig('/nowhere', '\n  wallet: {}\n')
  assert.equal(bare.sessions.maxTokenHours, sessions.maxTokenHours)
  assert.equal(bare.sessions.maxSessionDays, sessions.maxSessionDays)
  assert.deepEqual(bare.tokenExchange, {})
})

test('what the schema cannot say of sessions and exchange is said with the place', () => {
  const refusal = (authority: string) => {
    const providers = `
identityProviders:
  corp: { issuer: https://id.example.com, audience: a, jwksFile: keys, maxLifetimeHours: 12 }
  dark: { issuer: https://dark.example.com, audience: a, tokenType: opaque, introspection: { url: https://dark.example.com/i, clientId: g, clientSecretFile: s } }
`
    const apps = `\n  wallet:\n    enrollment: { enrollmentToken: required }\n${providers}`
    try {
      checkConfig(readTestConfig('/nowhere', apps, undefined, authority))
      return 'none'
    } catch (error) {
      return (error as { pointer?: string }).pointer
    }
  }
  const sessions = (text: string) => refusal(`  sessions: ${text}\n`)
  const exchange = (text: string) => refusal(`  tokenExchange: ${text}\n`)
  assert.equal(sessions('{ logout: { corp: { clientIds: [a] } } }'), 'none')
  const logout = '/authority/sessions/logout'
  assert.equal(sessions('{ logout: { web: { clientIds: [a] } } }'), `${logout}/web`)
  assert.equal(sessions('{ logout: { dark: { clientIds: [a] } } }'), `${logout}/dark`)
  // What has ended is forgotten after maxTokenHours: no token may count for longer.
  assert.equal(sessions('{ maxTokenHours: 24 }'), 'none')
  assert.equal(sessions('{ maxTokenHours: 23 }'), '/identityProviders/dark/maxLifetimeHours')
  assert.equal(sessions('{ maxTokenHours: 11 }'), '/identityProviders/corp/maxLifetimeHours')
  const clients = '{ revocationClients: { back: { secretFile: s, providers: [corp, web] } } }'
  assert.equal(sessions(clients), '/authority/sessions/revocationClients/back/providers/1')
  const own = 'issuer: https://enroll.example.com, audience: a'
  const at = '/authority/tokenExchange'
  assert.equal(exchange(`{ corp: { ${own} } }`), 'none')
  assert.equal(exchange(`{ web: { ${own} } }`), `${at}/web`)
  assert.equal(exchange(`{ corp: { ${own}, apps: [other] } }`), `${at}/corp/apps`)
  assert.equal(exchange(`{ corp: { ${own} }, dark: { ${own} } }`), `${at}/dark/issuer`)
  const theirs = 'issuer: https://id.example.com, audience: a'
  assert.equal(exchange(`{ corp: { ${theirs} } }`), `${at}/corp/issuer`)
})

test('every code in the guide to sessions is one', () => {
  const table = /\| code \|[\s\S]*?\n\n/.exec(guide)?.[0] ?? ''
  const codes = [...table.matchAll(/^\| `([a-z_]+)`/gm)].map(([, code = '']) => code)
  assert.ok(codes.length >= 5)
  for (const code of codes) assert.ok(isReasonCode(code), code)
})
