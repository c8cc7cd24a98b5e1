import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resolveXmlReferences } from '../../src/strings/xml-references.ts'

test('characters by number, and the five names, are what they stand for', () => {
  assert.equal(resolveXmlReferences('&lt;&#65;&#x1F511;&amp;&quot;&apos;&gt;'), '<A🔑&"\'>')
})

test('what refers to nothing stays as it is', () => {
  for (const text of ['&nbsp;', '&own;', '&constructor;', '&#x110000;', '&#;', '& &', 'plain']) {
    assert.equal(resolveXmlReferences(text), text)
  }
})

test('a reference is resolved once', () => {
  assert.equal(resolveXmlReferences('&amp;lt;'), '&lt;')
})
