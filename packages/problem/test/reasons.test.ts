import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { isReasonCode, type Reason, reasonReference, reasons } from '../src/index.ts'

const rows = Object.entries<Reason>(reasons)

test('the reference page lists exactly the codes of the table', () => {
  const page = readFileSync(
    new URL('../../../../docs/reference/reasons.md', import.meta.url),
    'utf8',
  )
  assert.ok(page === reasonReference(), 'docs/reference/reasons.md is not in step: npm run docs')
  const listed = [...page.matchAll(/^### `([a-z_]+)`$/gm)].map((match) => match[1])
  assert.deepEqual(listed.toSorted(), Object.keys(reasons).toSorted())
})

test('codes are snake_case', () => {
  for (const [code] of rows) assert.match(code, /^[a-z]+(_[a-z]+)*$/)
})

test('a public face is a row of the table that has no other face itself', () => {
  for (const [code, { publicCode }] of rows) {
    if (publicCode === undefined) continue
    assert.ok(isReasonCode(publicCode), code)
    assert.equal((reasons[publicCode] as Reason).publicCode, undefined, code)
  }
})

test('a public face does not give the exact reason away by its status or action', () => {
  for (const [code, reason] of rows) {
    if (reason.publicCode === undefined || !isReasonCode(reason.publicCode)) continue
    const face: Reason = reasons[reason.publicCode]
    assert.equal(face.status, reason.status, code)
    assert.equal(face.action, reason.action, code)
  }
})

test('an HTTP answer has a status of an error', () => {
  for (const [code, { status }] of rows) {
    assert.ok(status === 0 || (status >= 400 && status <= 599), code)
  }
})

test('every row says what is wrong and what to do in sentences', () => {
  for (const [code, { title, fix }] of rows) {
    assert.match(title, /^[A-Z].*[^.]$/, code)
    assert.match(fix, /^[a-zA-Z].*[.]$|: `.*`\.$/, code)
  }
})

test('names of the prototype are not codes', () => {
  for (const name of ['constructor', '__proto__', 'toString'])
    assert.equal(isReasonCode(name), false)
})
