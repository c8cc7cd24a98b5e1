import assert from 'node:assert/strict'
import { test } from 'node:test'
import Type from 'typebox'
import { configurationKeys, configurationReference } from '../src/index.ts'

const schema = Type.Object({
  workers: Type.Integer({ minimum: 1, maximum: 64, default: 1, description: 'Threads' }),
  hosts: Type.Record(
    Type.String(),
    Type.Object({
      mode: Type.Enum(['require', 'off']),
      routes: Type.Array(Type.Object({ path: Type.String({ description: 'What it matches' }) })),
    }),
  ),
  listen: Type.Optional(Type.Array(Type.String())),
})

test('every key is listed, those under names and in lists too', () => {
  assert.deepEqual(
    configurationKeys(schema).map(({ path, values, isRequired }) => [path, values, isRequired]),
    [
      ['workers', 'integer from 1 up to 64', false],
      ['hosts', 'a mapping by name', true],
      ['hosts.<name>.mode', '`require`, `off`', true],
      ['hosts.<name>.routes', 'a list of mappings', true],
      ['hosts.<name>.routes[].path', 'string', true],
      ['listen', 'a list: string', false],
    ],
  )
})

test('the page says what a key is, its values and its default', () => {
  assert.match(
    configurationReference(schema),
    /^\| `workers` \| Threads \| integer from 1 up to 64 \| `1` \|$/m,
  )
})

test('alternatives say what each of them is, once', () => {
  const field = [
    Type.Object({ header: Type.String({ description: 'Name of a header field' }) }),
    Type.Object({ form: Type.Optional(Type.String()) }),
  ]
  const source = Type.Union([Type.Enum(['device', 'user']), Type.Union(field)])
  const [row] = configurationKeys(Type.Object({ key: Type.Union([source, Type.Array(source)]) }))
  assert.equal(
    row?.values,
    '`device`, `user` or `{ header: name of a header field }` or `{ form?: string }` or a list: `device`, `user` or `{ header: name of a header field }` or `{ form?: string }`',
  )
})
