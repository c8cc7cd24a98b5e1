import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DerError } from '../src/der/der-error.ts'
import { derContext, derContextPrimitive, derSequence } from '../src/der/der-writer.ts'
import { isHostPermitted, nameConstraintsFor, readUriConstraints } from '../src/name-constraints.ts'

const subtree = (host: string, ...more: Buffer[]) =>
  derSequence(derContextPrimitive(6, Buffer.from(host)), ...more)

describe('name constraints', () => {
  it('permit the trust domain that they are made for, and no other', () => {
    const constraints = readUriConstraints(nameConstraintsFor('example.com'))
    assert.deepEqual(constraints, { permitted: ['example.com'], excluded: [] })
    assert.equal(isHostPermitted('example.com', constraints), true)
    assert.equal(isHostPermitted('EXAMPLE.com', constraints), true)
    assert.equal(isHostPermitted('dev.example.com', constraints), false)
    assert.equal(isHostPermitted('badexample.com', constraints), false)
  })
  it('that begin with a dot are met by hosts below alone', () => {
    const constraints = readUriConstraints(derSequence(derContext(0, subtree('.example.com'))))
    assert.equal(isHostPermitted('a.example.com', constraints), true)
    assert.equal(isHostPermitted('example.com', constraints), false)
  })
  it('exclude even what they permit', () => {
    const constraints = readUriConstraints(
      derSequence(derContext(0, subtree('.example.com')), derContext(1, subtree('x.example.com'))),
    )
    assert.equal(isHostPermitted('x.example.com', constraints), false)
    assert.equal(isHostPermitted('y.example.com', constraints), true)
  })
  it('of other forms do not confine URIs', () => {
    const dns = derSequence(derContextPrimitive(2, Buffer.from('example.com')))
    assert.equal(readUriConstraints(derSequence(derContext(0, dns))).permitted, undefined)
  })
  it('with a minimum, which RFC 5280 forbids, are not read', () => {
    const limited = subtree('example.com', derContextPrimitive(0, Buffer.from([1])))
    assert.throws(() => readUriConstraints(derSequence(derContext(0, limited))), DerError)
  })
})
