import assert from 'node:assert/strict'
import { test } from 'node:test'
import { libraryOf } from '../../src/dex/libraries.ts'

const cases: readonly [descriptor: string, prefix: string | undefined][] = [
  ['Lorg/bouncycastle/est/A;', 'Lorg/bouncycastle/'],
  ['Lshaded_package/org/bouncycastle/est/A;', 'Lshaded_package/org/bouncycastle/'],
  ['Lwiremock/org/apache/hc/client5/A;', 'Lwiremock/org/apache/'],
  ['Lcom/adhoc/shaded/io/netty/A;', 'Lcom/adhoc/shaded/io/netty/'],
  [
    'Lcom/adhoc/thirdparty/cz/msebera/android/httpclient/A;',
    'Lcom/adhoc/thirdparty/cz/msebera/android/httpclient/',
  ],
  // What a company calls its own packages is not moved there by a build.
  ['Lcom/adhoc/io/netty/A;', undefined],
  ['Lcom/adhoc/org/apache/A;', undefined],
  ['Lshaded/rx/A;', undefined],
  ['Lwiremock/rx/A;', undefined],
  ['Lshaded/A;', undefined],
  ['La/b/c;', undefined],
  ['Lx;', undefined],
]

for (const [descriptor, prefix] of cases) {
  test(`${descriptor} ${prefix === undefined ? 'is of no library' : `came below ${prefix}`}`, () => {
    assert.equal(libraryOf(descriptor, 'com.bank')?.prefix, prefix)
  })
}

test('the app’s own namespace is no library, shaded or not', () => {
  assert.equal(libraryOf('Lcom/bank/shaded/io/netty/A;', 'com.bank'), undefined)
  assert.equal(libraryOf('Lcom/google/bank/A;', 'com.google.bank'), undefined)
})
