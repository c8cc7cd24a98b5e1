import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import fc from 'fast-check'
import { parsePinsFile, withHost, withPins } from '../src/index.ts'
import { pin, pinsYaml } from './pins-yaml.ts'

const leaf = { role: 'leaf', sha256: pin(1), subject: "CN=it's: a # name" } as const
const backup = { role: 'backup', sha256: pin(2) } as const

test('a file is begun with a host, and read again as it was meant', () => {
  const text = withHost('pins.yaml', undefined, 'api.example.com', { port: 8443, pins: [leaf] })
  const [host] = parsePinsFile('pins.yaml', text).hosts
  assert.deepEqual(
    [host?.name, host?.port, host?.pins[0]?.subject],
    ['api.example.com', 8443, leaf.subject],
  )
})

test('comments and what stands there already stay', () => {
  const begun = withHost('pins.yaml', undefined, 'api.example.com', { pins: [leaf] })
  const commented = begun.replace('    pins:', '    # Why these: see the wiki.\n    pins:')
  const text = withPins('pins.yaml', commented, 'api.example.com', [backup])
  assert.ok(text.startsWith(commented))
  assert.equal(text.slice(commented.length), `      - role: backup\n        sha256: ${pin(2)}\n`)
})

test('what would not be valid is not made', () => {
  const begun = withHost('pins.yaml', undefined, 'api.example.com', { pins: [leaf] })
  assert.throws(
    () => withPins('pins.yaml', begun, 'api.example.com', [{ role: 'leaf', sha256: 'none' }]),
    (error) => isProblem(error) && error.code === 'pins_invalid',
  )
  assert.throws(
    () => withHost('pins.yaml', undefined, 'NOT A NAME', { pins: [leaf] }),
    (error) => isProblem(error) && error.code === 'pins_invalid',
  )
})

const odd = [
  'a: b # c',
  `it's "quoted"`,
  '\n- x',
  '\u0000\u0001\u0007',
  '\u2028\u2029\u0085',
  '*alias',
  '&anchor',
  '!!tag',
  '{a}, [b]',
  '%YAML 1.1',
  '---',
  'null',
  '',
  '  ',
  '\ufeffbom',
  '\u202eright to left',
  '\\',
  '2027-01-01',
  '1e5',
  '<<',
  'x'.repeat(5_000),
]

test('whatever a subject is, it is read again as it was written', () => {
  const subjects = (text: string) =>
    parsePinsFile('pins.yaml', text).hosts[0]?.pins.map(({ subject }) => subject)
  const one = (subject: string) => {
    const pins = [{ ...leaf, subject }]
    const begun = withHost('pins.yaml', undefined, 'api.example.com', { pins })
    const grown = withPins('pins.yaml', begun, 'api.example.com', [{ ...backup, subject }])
    assert.deepEqual(subjects(grown), [subject, subject])
  }
  for (const subject of odd) one(subject)
  fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), one), { numRuns: 30 })
})

test('what stands in several places by an alias is not added to', () => {
  const pins = `[{ role: leaf, sha256: ${pin(1)} }]`
  for (const [text, place] of [
    [`  a.example: { pins: &p ${pins} }\n  b.example: { pins: *p }\n`, '4:16'],
    [`  a.example: &h { pins: ${pins} }\n  b.example: *h\n`, '4:3'],
  ] as const) {
    assert.throws(
      () => withPins('pins.yaml', pinsYaml(text), 'b.example', [backup]),
      (error) =>
        isProblem(error) &&
        error.detail === `pins.yaml:${place}: an alias stands here: write it out to change it`,
    )
  }
})
