import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import fc from 'fast-check'
import { keepTopLevel } from '../../src/configuration/top-level.ts'

const kept = new Set(['version', 'gateway'])

test('members that are not named leave no word behind, and the others keep their lines', () => {
  const text = [
    '# comment',
    'version: 1',
    'store:',
    '  path: state/secret.db',
    '  # a comment within',
    'gateway:',
    '  name: gateway-1',
    '"authority":',
    '  keys: { passphraseFile: state/passphrase }',
    '',
  ].join('\n')
  const lines = keepTopLevel('f', text, kept).split('\n')
  assert.equal(lines.length, 10)
  assert.deepEqual(lines, [
    '# comment',
    'version: 1',
    '',
    '',
    '',
    'gateway:',
    '  name: gateway-1',
    '',
    '',
    '',
  ])
})

test('a value in the first column of its own line ends nothing', () => {
  assert.equal(
    keepTopLevel('f', 'store:\n\n  path: x\ngateway:\n\n  name: y', kept),
    '\n\n\ngateway:\n\n  name: y',
  )
})

test('a file in flow style is refused with its line', () => {
  for (const text of [
    '{"version": 1, "store": {"path": "x"}}',
    'version: 1\n? store\n: x',
    '- a',
    '<<: *x',
  ]) {
    assert.throws(
      () => keepTopLevel('f.yaml', text, kept),
      (error) =>
        isProblem(error) && error.code === 'config_invalid' && /f\.yaml:\d+:1/.test(error.message),
    )
  }
})

test('whatever stands in a member that is not named never comes through', () => {
  const value = fc.array(
    fc.string({ maxLength: 20 }).map((line) => `  ${line.replace(/[\n\r]/g, '')}`),
  )
  fc.assert(
    fc.property(value, value, (hidden, shown) => {
      const text = ['store:', ...hidden.map((line) => `${line} SECRET`), 'gateway:', ...shown].join(
        '\n',
      )
      const result = keepTopLevel('f', text, kept)
      assert.ok(!result.includes('SECRET'))
      assert.equal(result.split('\n').length, text.split('\n').length)
      assert.ok(result.endsWith(['gateway:', ...shown].join('\n')))
    }),
  )
})
