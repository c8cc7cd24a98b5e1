import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import { parsePinsFile, withHost, withPins } from '../src/index.ts'
import { pin } from './pins-yaml.ts'

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
