import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { configProblem, isProblem, type Problem } from '@sallyport/problem'
import fc from 'fast-check'
import Type from 'typebox'
import { composeSchema, parseConfig, readConfig, resolvePath } from '../src/index.ts'

const schema = composeSchema([
  {
    key: 'trustDomain',
    schema: Type.String({ pattern: '^[a-z.]+$', description: 'Lower case' }),
    required: true,
  },
  {
    key: 'gateway',
    schema: Type.Object(
      {
        workers: Type.Integer({ minimum: 1, default: 1 }),
        hosts: Type.Optional(
          Type.Record(
            Type.String(),
            Type.Object(
              { clientCertificate: Type.Enum(['require', 'explain', 'off']) },
              { additionalProperties: false },
            ),
          ),
        ),
        listen: Type.Optional(Type.Array(Type.String())),
      },
      { additionalProperties: false },
    ),
  },
])

function refusal(text: string): Problem {
  try {
    parseConfig('sallyport.yaml', text, schema)
  } catch (error) {
    assert.ok(isProblem(error), String(error))
    return error
  }
  return assert.fail('the configuration was accepted')
}

test('a valid file is read with its defaults filled in', () => {
  const file = parseConfig<{ gateway: { workers: number } }>(
    'sallyport.yaml',
    'version: 1\ntrustDomain: example.com\ngateway: {}\n',
    schema,
  )
  assert.equal(file.value.gateway.workers, 1)
})

test('an unknown key is refused at its own line and column, with the nearest right key', () => {
  const problem = refusal('version: 1\ntrustDomain: example.com\ngateway:\n  wrokers: 2\n')
  assert.equal(problem.code, 'config_invalid')
  assert.equal(problem.detail, 'sallyport.yaml:4:3: unknown key "wrokers"; did you mean "workers"?')
  assert.equal(problem.expected, 'one of workers, hosts, listen')
})

test('a wrong value deep in the file is refused at its line and column', () => {
  const problem = refusal(
    'version: 1\ntrustDomain: example.com\ngateway:\n  hosts:\n    api.example.com:\n      clientCertificate: requre\n',
  )
  assert.equal(
    problem.detail,
    'sallyport.yaml:6:7: "clientCertificate" has a value that is not allowed; did you mean "require"?',
  )
  assert.equal(problem.expected, 'one of require, explain, off')
  assert.equal(problem.found, '"requre"')
})

test('a missing key is reported at the mapping that lacks it', () => {
  const problem = refusal(
    'version: 1\ntrustDomain: a\ngateway:\n  hosts:\n    api.example.com: {}\n',
  )
  assert.equal(problem.detail, 'sallyport.yaml:5:5: "clientCertificate" is missing')
})

test('a wrong type names what was expected and found', () => {
  const problem = refusal('version: 1\ntrustDomain: a\ngateway:\n  workers: many\n')
  assert.equal(problem.detail, 'sallyport.yaml:4:3: "workers" has the wrong type')
  assert.equal(problem.expected, 'integer')
  assert.equal(problem.found, '"many"')
})

test('a text of another form is told the form that it must have', () => {
  const problem = refusal('version: 1\ntrustDomain: EXAMPLE\n')
  assert.equal(
    problem.detail,
    'sallyport.yaml:2:1: "trustDomain" does not have the form that it must have',
  )
  assert.equal(problem.expected, 'Lower case: ^[a-z.]+$')
})

test('an item is named by its list', () => {
  const problem = refusal('version: 1\ntrustDomain: a\ngateway:\n  listen: [a, 5]\n')
  assert.equal(problem.detail, 'sallyport.yaml:4:15: item 2 of "listen" has the wrong type')
})

test('a number in the place of a text is told the quotes that make it one', () => {
  const problem = refusal('version: 1\ntrustDomain: 1234567890\n')
  assert.equal(problem.expected, 'string, in quotes')
})

test('a misspelt required key is reported as the unknown key that it is', () => {
  const problem = refusal('version: 1\ntrustDomian: example.com\n')
  assert.match(
    problem.detail ?? '',
    /^sallyport\.yaml:2:1: unknown key "trustDomian"; did you mean/,
  )
})

test('broken YAML is refused with its place', () => {
  assert.match(refusal('version: 1\ntrustDomain: "a\n').detail ?? '', /^sallyport\.yaml:\d+:\d+: /)
})

test('a key that stands twice is refused', () => {
  assert.match(
    refusal('version: 1\ntrustDomain: a\ntrustDomain: b\n').detail ?? '',
    /^sallyport\.yaml:3:1: Map keys must be unique/,
  )
})

test('an empty file is refused and not taken for an empty mapping', () => {
  assert.equal(refusal('').code, 'config_invalid')
})

test('a bomb of aliases is refused', () => {
  const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]']
  for (let level = 1; level < 9; level++) {
    const [name, last] = [String.fromCharCode(97 + level), String.fromCharCode(96 + level)]
    bomb.push(`${name}: &${name} [${Array(9).fill(`*${last}`).join(',')}]`)
  }
  assert.match(refusal(bomb.join('\n')).detail ?? '', /alias/i)
})

test('a check beyond the schema is reported at its place', () => {
  const file = parseConfig(
    'sallyport.yaml',
    'version: 1\ntrustDomain: a\ngateway:\n  listen:\n    - one\n    - two\n',
    schema,
  )
  const problem = file.problem('/gateway/listen/1', 'is taken')
  assert.equal(problem.detail, 'sallyport.yaml:6:7: is taken')
})

test('a text of another format is told with what it should be', () => {
  const dated = Type.Object({ ends: Type.String({ format: 'date', description: 'Its last day' }) })
  assert.throws(
    () => parseConfig('sallyport.yaml', 'ends: 2027-2-30\n', dated),
    (error) =>
      isProblem(error) &&
      error.detail === 'sallyport.yaml:1:1: "ends" does not have the form that it must have' &&
      error.expected === 'Its last day: date' &&
      error.found === '"2027-2-30"',
  )
})

test('a file that cannot be read is named with the reason', () => {
  assert.throws(
    () => readConfig('/nonexistent/sallyport.yaml', schema),
    (error) =>
      isProblem(error) &&
      error.code === 'config_unreadable' &&
      error.detail === '/nonexistent/sallyport.yaml: ENOENT: no such file or directory',
  )
})

test('paths in the file are relative to the file', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'config-'))
  writeFileSync(path.join(directory, 'sallyport.yaml'), 'version: 1\ntrustDomain: a\n')
  const file = readConfig(path.join(directory, 'sallyport.yaml'), schema)
  assert.equal(resolvePath(file.directory, 'keys/ca.pem'), path.join(directory, 'keys/ca.pem'))
})

test('whatever the text, the answer is a value or a config_invalid', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      try {
        parseConfig('sallyport.yaml', text, schema)
      } catch (error) {
        assert.ok(isProblem(error), String(error))
        assert.equal(error.code, 'config_invalid')
      }
    }),
    { numRuns: 300 },
  )
})

test('a problem that points at a member is given its place in the file, and others stay as they are', () => {
  const text = 'version: 1\ntrustDomain: example.com\ngateway:\n  listen: [a, b]\n'
  const file = parseConfig('sallyport.yaml', text, schema)
  const facts = { expected: 'an address', found: 'b' }
  const thrown = configProblem('config_unreadable', ['gateway', 'listen', 1], 'none', facts)
  const placed = file.placed(thrown)
  assert.ok(isProblem(placed))
  assert.equal(placed.code, 'config_unreadable')
  assert.equal(placed.detail, 'sallyport.yaml:4:15: gateway.listen.1: none')
  assert.deepEqual([placed.expected, placed.found], ['an address', 'b'])
  const other = new TypeError('a mistake of ours')
  assert.equal(file.placed(other), other)
})
