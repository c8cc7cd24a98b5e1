import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { editorSchema } from '../../src/configuration/schema.ts'

type Validator = { validateSchema(schema: object): boolean; errorsText(): string }

/** The one that reads configurations with, and does not ask this at each start. */
const requireOfConfig = createRequire(import.meta.resolve('@sallyport/config'))
const { Ajv2020 } = requireOfConfig('ajv/dist/2020.js') as { Ajv2020: new () => Validator }

test('the schema of sallyport.yaml is one of JSON Schema 2020-12', () => {
  const ajv = new Ajv2020()
  assert.ok(ajv.validateSchema(editorSchema()), ajv.errorsText())
  assert.ok(!ajv.validateSchema({ ...editorSchema(), required: 'all' }))
})
