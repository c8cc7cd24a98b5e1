import assert from 'node:assert/strict'
import { test } from 'node:test'
import Type from 'typebox'
import { compileWhenFirstSent } from '../../src/api/response-serializer.ts'

const route = { method: 'GET', url: '/', httpStatus: '200' }

test('an answer has the members of its schema, and no other', () => {
  const schema = Type.Object({ id: Type.String(), more: Type.Optional(Type.Integer()) })
  const serialize = compileWhenFirstSent({ schema, ...route })
  assert.equal(serialize({ id: 'a', more: 1, secret: 'b' }), '{"id":"a","more":1}')
  assert.throws(() => serialize({ more: 1 }), /"id" is required/)
  const again = compileWhenFirstSent({ schema, ...route })
  assert.equal(again({ id: 'c', secret: 'b' }), '{"id":"c"}')
})
