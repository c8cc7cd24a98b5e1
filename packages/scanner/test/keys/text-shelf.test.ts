import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TextShelf } from '../../src/keys/text-shelf.ts'
import type { TextRegion } from '../../src/text-region.ts'

function region(path: string, text: string): TextRegion {
  return { path, text, source: 'file', encoding: 'utf8', offsetAt: (index) => index }
}

test('the same text is kept once, wherever it lies', () => {
  const shelf = new TextShelf()
  const text = 'keystorePassword=changeit\n'.repeat(50_000)
  // More than fits, if each were kept.
  for (let copy = 0; copy < 40; copy++) shelf.keep(region(`assets/${copy}/keys.properties`, text))
  assert.equal(shelf.texts.length, 1)
  assert.equal(shelf.isOverfull, false)
})

test('texts that differ by one character between the places that are compared first are all kept', () => {
  const shelf = new TextShelf()
  const filler = 'x'.repeat(200)
  const texts = ['a', 'b', 'a'].map((one) => `${filler}${one}${filler}${filler}`)
  for (const text of texts) shelf.keep(region('assets/settings.json', text))
  assert.deepEqual(new Set(shelf.texts.map(({ text }) => text)), new Set(texts))
})
