import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ChallengeRequest,
  DiagnoseRequest,
  EnrollmentRequest,
  RenewalRequest,
  Report,
} from '../src/messages.ts'

type Schema = {
  type?: string
  enum?: unknown
  pattern?: string
  maxLength?: number
  maxItems?: number
  additionalProperties?: unknown
  items?: Schema
  properties?: Record<string, Schema>
}

const messages: Record<string, Schema> = {
  ChallengeRequest,
  DiagnoseRequest,
  EnrollmentRequest,
  RenewalRequest,
  Report,
}

for (const [name, schema] of Object.entries(messages)) {
  test(`every string and array of ${name} is bounded`, () => {
    for (const [path, member] of walk(schema, name)) {
      if (member.type === 'array') assert.ok(member.maxItems, `${path} has no maxItems`)
      if (member.type !== 'string' || member.enum !== undefined) continue
      const isBoundedByPattern = /^\^.*\{\d+,\d+\}.*\$$/.test(member.pattern ?? '')
      assert.ok(member.maxLength ?? isBoundedByPattern, `${path} has no bound`)
    }
  })

  test(`${name} refuses members that it does not know`, () => {
    assert.equal(schema.additionalProperties, false)
  })
}

function* walk(schema: Schema, path: string): Generator<[string, Schema]> {
  yield [path, schema]
  if (schema.items !== undefined) yield* walk(schema.items, `${path}[]`)
  for (const [key, member] of Object.entries(schema.properties ?? {})) {
    yield* walk(member, `${path}.${key}`)
  }
}
