import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { isReasonCode } from '@sallyport/problem'
import { Check } from 'typebox/value'
import { parse } from 'yaml'
import { type IdentityProvider, IdentityProvidersSchema, providerRules } from '../src/index.ts'

const guide = readFileSync(
  new URL('../../../../docs/guide/identity-providers.md', import.meta.url),
  'utf8',
)

test('each configuration in the guide to identity providers is taken', () => {
  const blocks = [...guide.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml = '']) => yaml)
  assert.ok(blocks.length >= 3)
  for (const yaml of blocks) {
    const { identityProviders } = parse(yaml) as {
      identityProviders: Record<string, IdentityProvider>
    }
    assert.ok(Check(IdentityProvidersSchema, identityProviders), yaml)
    providerRules(identityProviders)
  }
})

test('every code in the guide is one, and every default is the one in force', () => {
  const codes = [...guide.matchAll(/`((?:token|identity)_[a-z_]+)`/g)].map(([, code = '']) => code)
  assert.ok(codes.length >= 7)
  for (const code of codes) if (code !== 'token_type') assert.ok(isReasonCode(code), code)

  const introspection = { clientId: 'a', clientSecretFile: 'b' }
  const corp = { issuer: 'https://id.example.com', audience: 'api', introspection }
  const rules = providerRules({ corp }).get(corp.issuer)
  assert.ok(rules?.introspection !== undefined)
  const told = [
    `${rules.maxLifetimeSeconds / 3_600} hours after \`iat\` (\`maxLifetimeHours\`)`,
    `default ${rules.algorithms.join(' and ')}`,
    `up to ${rules.clockLeewaySeconds} seconds ahead`,
    `\`expiryLeewaySeconds\` is ${rules.expiryLeewaySeconds}`,
    `\`cacheSeconds\` (${rules.introspection.cacheMs / 1_000})`,
    `\`negativeCacheSeconds\` (${rules.introspection.negativeCacheMs / 1_000})`,
    `\`cacheEntries\` (${rules.introspection.cacheEntries.toLocaleString('en')})`,
  ]
  for (const words of told) assert.ok(guide.includes(words), words)
  assert.equal(rules.maxKeyAgeMs, 24 * 3_600_000)
})
