import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { configurationKeys, configurationReference } from '@sallyport/config'
import { configSchema } from '../../src/index.ts'

test('every key of the configuration says what it is', () => {
  const silent = configurationKeys(configSchema).filter(
    ({ description }) => description === undefined,
  )
  assert.deepEqual(
    silent.map(({ path }) => path),
    [],
  )
})

test('the reference page lists exactly the keys of the schema', () => {
  const page = new URL('../../../../../docs/reference/configuration.md', import.meta.url)
  assert.ok(
    readFileSync(page, 'utf8') === configurationReference(configSchema),
    'docs/reference/configuration.md is not in step: npm run docs',
  )
})
