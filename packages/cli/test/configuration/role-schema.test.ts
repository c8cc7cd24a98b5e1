import assert from 'node:assert/strict'
import { test } from 'node:test'
import { topLevelKeys } from '../../src/configuration/role-schema.ts'
import { configSchema } from '../../src/configuration/schema.ts'

test('the keys that every role knows are those of the whole schema', () => {
  const keys = Object.keys(configSchema.properties).filter((key) => key !== 'version')
  assert.deepEqual(new Set(topLevelKeys), new Set(keys))
})
