import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { derElement, derOid, derSequence, derUtf8 } from '../src/der/der-writer.ts'
import { tags } from '../src/der/tag.ts'
import { nameAttributes, nameOf, nameText } from '../src/distinguished-name.ts'

describe('distinguished names', () => {
  it('tell their attributes to a person', () => {
    const attribute = (oid: string, value: Buffer) =>
      derElement(tags.set, derSequence(derOid(oid), value))
    const name = derSequence(
      attribute('2.5.4.3', derUtf8('Zoë’s CA')),
      attribute('2.5.4.10', derElement(tags.printableString, Buffer.from('Example'))),
      attribute('1.2.3', derUtf8('x')),
    )
    assert.equal(nameText(name), 'CN=Zoë’s CA, O=Example, 1.2.3=x')
    assert.equal(nameText(nameOf()), '(empty)')
  })
  it('tell their attributes one by one', () => {
    const set = derElement(
      tags.set,
      derSequence(derOid('2.5.4.12'), derUtf8('TEE')),
      derSequence(derOid('2.5.4.5'), derElement(tags.printableString, Buffer.from('a0b6'))),
    )
    assert.deepEqual(nameAttributes(derSequence(set)), [
      { oid: '2.5.4.12', value: 'TEE' },
      { oid: '2.5.4.5', value: 'a0b6' },
    ])
  })
  it('lose what would deceive on a terminal', () => {
    assert.equal(nameText(nameOf('a\u001b[31m\n\u202eb\u200b')), 'CN=a?[31m??b?')
  })
  it('are cut where they are long', () => {
    const long = derSequence(
      derElement(tags.set, derSequence(derOid('2.5.4.3'), derUtf8('x'.repeat(5_000)))),
    )
    assert.equal(nameText(long).length, 201)
  })
  it('have common names of 1 to 64 characters', () => {
    assert.throws(() => nameOf(''), TypeError)
    assert.throws(() => nameOf('x'.repeat(65)), TypeError)
  })
})
