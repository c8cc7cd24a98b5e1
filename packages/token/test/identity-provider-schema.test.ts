import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Check } from 'typebox/value'
import { IdentityProvidersSchema } from '../src/index.ts'
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
