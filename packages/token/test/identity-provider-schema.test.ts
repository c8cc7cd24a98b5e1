import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Check, Default } from 'typebox/value'
import {
  type IdentityProvider,
  IdentityProviderSchema,
  IdentityProvidersSchema,
  providerRules,
} from '../src/index.ts'
import { audience, issuer } from './identity-provider.ts'

const isValid = (provider: object, name = 'corp') =>
  Check(IdentityProvidersSchema, { [name]: { issuer, audience, ...provider } })

test('a provider is what the guide says it is', () => {
  assert.ok(isValid({ jwksUrl: 'https://login.example.com/keys' }))
  assert.ok(
    isValid({ jwksFile: 'k.json', algorithms: ['ES256'], tokenType: 'JWT', subjectClaim: 'oid' }),
  )
})

test('a misspelt key, an algorithm with a secret and a name with a dot are refused', () => {
  assert.ok(!isValid({ jwksURL: 'https://login.example.com/keys' }))
  assert.ok(!isValid({ algorithms: ['HS256'] }))
  assert.ok(!isValid({ algorithms: ['none'] }))
  assert.ok(!isValid({ algorithms: [] }))
  assert.ok(!isValid({ tokenType: 'jwt' }))
  assert.ok(!isValid({}, 'corp.example'))
})

test('what is taken as it was written is taken with the defaults of the schema, too', () => {
  const secret = { clientId: 'gateway', clientSecretFile: 'secret' }
  const key = { clientId: 'gateway', authentication: 'private_key_jwt', privateKeyFile: 'key.pem' }
  for (const provider of [
    {},
    { jwksFile: 'k.json' },
    { introspection: secret },
    { introspection: key },
    { tokenType: 'opaque', introspection: secret },
  ]) {
    const corp = { issuer, audience, ...provider } as IdentityProvider
    const filled = Default(IdentityProviderSchema, structuredClone(corp)) as IdentityProvider
    assert.notDeepEqual(filled, corp)
    const [one, other] = [corp, filled].map((one) => providerRules({ corp: one }).get(issuer))
    const { introspection, ...rest } = one ?? assert.fail()
    const { introspection: introspectionFilled, ...restFilled } = other ?? assert.fail()
    assert.deepEqual(restFilled, rest, 'both say the same defaults')
    const { credentials: _, ...rules } = introspection ?? { credentials: {} }
    const { credentials: __, ...rulesFilled } = introspectionFilled ?? { credentials: {} }
    assert.deepEqual(rulesFilled, rules)
  }
})
