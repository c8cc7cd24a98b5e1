import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Http1Answers } from '../../src/load/http1-answer.ts'

const answer = Buffer.from('HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 5\r\n\r\nhello')

test('an answer ends with its last byte, however it is cut into chunks', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(answer.length), { maxLength: 6 }), (cuts) => {
      const answers = new Http1Answers()
      const places = [...new Set([0, ...cuts, answer.length])].toSorted((a, b) => a - b)
      const ends = places
        .slice(1)
        .map((end, index) => answers.push(Buffer.from(answer.subarray(places[index], end))))
      assert.deepEqual(ends, [...ends.slice(1).map(() => false), true])
    }),
  )
})

test('one answer after another is found on the same connection', () => {
  const answers = new Http1Answers()
  assert.equal(answers.push(answer), true)
  assert.equal(answers.push(answer.subarray(0, 20)), false)
  assert.equal(answers.push(answer.subarray(20)), true)
})

for (const [what, text] of [
  ['another status than 200', 'HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n'],
  ['an answer without Content-Length', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ['more content than was announced', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nhello'],
] as const) {
  test(`${what} breaks the run`, () => {
    assert.throws(() => new Http1Answers().push(Buffer.from(text)))
  })
}
