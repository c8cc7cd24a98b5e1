import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { isReasonCode } from '@sallyport/problem'
import Type from 'typebox'
import { Check } from 'typebox/value'
import { parse } from 'yaml'
import { KnownToken } from '../src/tokens/known-token.ts'
import {
  bindings,
  dpopDefaults,
  tokenDefaults,
  tokenSettingsSchema,
} from '../src/tokens/token-settings.ts'

const guide = readFileSync(new URL('../../../../docs/guide/tokens.md', import.meta.url), 'utf8')
const blocks = (language: string) =>
  [...guide.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(
    ([, text = '']) => text,
  )

/** Every `stages.token` in a piece of configuration. */
function settingsIn(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, member]) =>
    key === 'stages' ? [(member as { token: unknown }).token] : settingsIn(member),
  )
}

test('every setting of the token stage in the guide is one', () => {
  const schema = Type.Object(tokenSettingsSchema(Type), { additionalProperties: false })
  const settings = blocks('yaml').flatMap((yaml) => settingsIn(parse(yaml)))
  assert.equal(settings.length, 4)
  for (const one of settings) assert.ok(Check(schema, one), JSON.stringify(one))
})

test('every code and every binding in the guide is one, and the defaults are those in force', () => {
  const codes = [...guide.matchAll(/`((?:token|dpop|identity|step)_[a-z_]+)`/g)]
  assert(codes.length > 15)
  for (const [, code = ''] of codes) assert.ok(isReasonCode(code), code)
  for (const binding of bindings) assert.match(guide, new RegExp(`\`${binding}\``))
  assert.match(guide, new RegExp(`\`${tokenDefaults.binding}\` \\(default\\)`))
  assert.match(guide, new RegExp(`The default, ${tokenDefaults.overlapMinutes},`))
  const { nonce, windowSeconds, mode, algorithms } = dpopDefaults
  assert.match(guide, new RegExp(`\\| \`nonce\` \\| \`${nonce}\``))
  assert.match(guide, new RegExp(`\\| \`windowSeconds\` \\| ${windowSeconds} `))
  assert.match(guide, new RegExp(`\\| \`mode\` \\| \`${mode}\``))
  assert.match(guide, new RegExp(`\\| \`algorithms\` \\| ${algorithms.join(', ')} `))
})

test('the line of the guide finds how the log names a user', () => {
  const [line = ''] = blocks('sh')
  const found = execFileSync('bash', ['-c', line]).toString().trim()
  const token = {
    provider: 'main',
    issuer: 'https://id.example.com',
    subject: 'alice',
    tokenId: undefined,
    session: undefined,
    clientId: 'app',
    scopes: ['accounts'],
    confirmation: {},
    claims: {},
    issuedAt: 0,
    expiresAt: 0,
    authTime: undefined,
    goodUntil: 0,
  }
  const known = new KnownToken(token, 'a.b.c', '', 0)
  assert.equal(known.label, `main:${found}`)
  assert(guide.includes(`Sallyport-User: ${known.field}`))
})
