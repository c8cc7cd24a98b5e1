import assert from 'node:assert/strict'
import { it } from 'node:test'
import { evidenceFormats } from '../src/index.ts'

it('every format stands under its own name', () => {
  for (const [name, format] of Object.entries(evidenceFormats)) assert.equal(format.name, name)
  assert.ok(Object.hasOwn(evidenceFormats, 'android-key'))
})

it('a name from outside finds nothing that is no format', () => {
  for (const name of ['constructor', '__proto__', 'toString']) {
    assert.equal(evidenceFormats[name], undefined)
  }
  assert.ok(Object.isFrozen(evidenceFormats))
})
