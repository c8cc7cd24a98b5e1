import assert from 'node:assert/strict'
import { test } from 'node:test'
import { momentWords, spanWords } from '../../src/terminal/span.ts'
import { formatTable } from '../../src/terminal/table.ts'

test('columns are as wide as their widest cell, and headed by their names in words', () => {
  assert.equal(
    formatTable([
      { id: 'dev_1', lastSeen: 'now' },
      { id: 'dev_22', lastSeen: null },
    ]),
    ['ID      LAST SEEN', 'dev_1   now', 'dev_22  –'].join('\n'),
  )
})

test('a name from outside cannot drive the terminal', () => {
  const text = formatTable([{ name: '\u001b[2Jhidden\r\nrow\u009b' }])
  assert.equal(text, 'NAME\n\ufffd[2Jhidden\ufffd\ufffdrow\ufffd')
})

test('spans are told in their largest whole unit', () => {
  assert.equal(spanWords(200), 'under a second')
  assert.equal(spanWords(1_000), '1 second')
  assert.equal(spanWords(90 * 60_000), '1 hour')
  assert.equal(momentWords(0, 3 * 86_400_000), '3 days ago')
  assert.equal(momentWords(60_000, 0), 'in 1 minute')
})
