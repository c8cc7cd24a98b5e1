import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PackageFormat } from '../../src/app-package.ts'
import { noFacts } from '../../src/facts.ts'
import { defaultLimits } from '../../src/limits.ts'
import { pinningMissing } from '../../src/pinning/pinning-missing.ts'

function titles(format: PackageFormat, ownDomains?: readonly string[]) {
  const facts = noFacts()
  const location = { path: 'classes.dex' }
  facts.endpoints.push({ scheme: 'https', host: 'api.bank.com', path: '/v1', location })
  const settings = { submittedAt: new Date(0), releaseWindowDays: 60, limits: defaultLimits }
  const app = { format, platform: 'android', bytes: 1, id: 'com.bank.app' } as const
  const about = { app, settings: ownDomains === undefined ? settings : { ...settings, ownDomains } }
  return [...pinningMissing(facts, about)].map(({ title }) => title)
}

test('the domain of an app is guessed from its id, that of a library is not', () => {
  assert.deepEqual(titles('apk'), ['Connections to bank.com are not pinned'])
  for (const library of ['aar', 'jar', 'so', 'dylib'] as const)
    assert.deepEqual(titles(library), [])
})

test('a domain that was told counts in a library too', () => {
  assert.deepEqual(titles('aar', ['bank.com']), ['Connections to bank.com are not pinned'])
})
