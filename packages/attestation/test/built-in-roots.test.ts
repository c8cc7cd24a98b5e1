import assert from 'node:assert/strict'
import { it } from 'node:test'
import { isIssuedBy } from '@sallyport/pki'
import { builtInRoots } from '../src/index.ts'

it('the roots of Google are known by their keys', () => {
  assert.deepEqual(
    builtInRoots.google.map(({ spkiSha256 }) => spkiSha256),
    [
      'feb2ea7551ee316ed4bb443c8293b884dbfdea40b603ee3e4f4a897e4580fbae',
      '3ee44512a1af2beb39c889490c60ea3f82e43f5d5a5532f5ab9419f676cd07ec',
    ],
  )
})

it('every root that is built in signs itself, and is for production', () => {
  const anchors = Object.values(builtInRoots).flat()
  assert.equal(anchors.length, 5)
  for (const { certificate, development } of anchors) {
    assert.ok(isIssuedBy(certificate, certificate))
    assert.equal(development, false)
  }
})
