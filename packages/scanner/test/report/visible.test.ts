import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { markup, safeJson, visible, visibleInLogs } from '../../src/report/visible.ts'

const anyText = fc.string({ unit: 'binary', maxLength: 200 })
/** What a terminal or an editor obeys instead of showing it. */
const obeyed = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

test('what cannot be seen is shown as its code point', () => {
  assert.equal(visible('a\u001b[31m\u202eb\ud800'), 'a\\u{1b}[31m\\u{202e}b\ufffd')
  assert.equal(visible('Zürich 日本 🚗'), 'Zürich 日本 🚗')
})

test('no text drives a terminal or turns its direction', () => {
  fc.assert(fc.property(anyText, (text) => !obeyed.test(visible(text))))
})

test('no text is markup', () => {
  fc.assert(
    fc.property(anyText, (text) => !/[<>"']|&(?!(?:amp|lt|gt|quot|#39|#35);)/.test(markup(text))),
  )
})

test('JSON keeps its value, and holds nothing that a terminal obeys', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const json = safeJson({ text })
      assert.deepEqual(JSON.parse(json), { text })
      return !obeyed.test(json.replaceAll('\n', ''))
    }),
  )
})

test('neither in markup nor in JSON is text a command to a build server', () => {
  const hostile = '##vso[task.setvariable]x ###[group]'
  assert.doesNotMatch(markup(hostile), /##/)
  assert.doesNotMatch(safeJson(hostile), /##/)
})

test('no text is a command to a build server', () => {
  const hostile = '::error::x  ::set-env name=A::b ##vso[task.setvariable]x ##teamcity[x] Foo::bar'
  const said = visibleInLogs(hostile)
  assert.doesNotMatch(said, /(?:^|\s)::|##/)
  assert.match(said, /Foo::bar/)
})
