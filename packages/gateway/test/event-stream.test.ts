import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { EventStreamReader, type ServerSentEvent } from '../src/control/event-stream.ts'

function read(pieces: readonly Uint8Array[]): ServerSentEvent[] {
  const events: ServerSentEvent[] = []
  const reader = new EventStreamReader((event) => events.push(event))
  for (const piece of pieces) reader.push(piece)
  return events
}

const stream = Buffer.from(
  ': a comment\n\nid: 7\nevent: change\ndata: {"a":\ndata: "ü"}\n\r\nevent:heartbeat\r\ndata:1\r\n\r\n' +
    'retry: 5\rdata\r\rdata: unfinished',
)
const expected = [
  { event: 'change', data: '{"a":\n"ü"}' },
  { event: 'heartbeat', data: '1' },
  { event: 'message', data: '' },
]

test('events are read, whatever ends their lines', () => {
  assert.deepEqual(read([stream]), expected)
})

test('it makes no difference where the pieces end', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: stream.length }), { maxLength: 10 }), (cuts) => {
      const at = [0, ...cuts.toSorted((a, b) => a - b), stream.length]
      const pieces = at.slice(1).map((end, index) => stream.subarray(at[index], end))
      assert.deepEqual(read(pieces), expected)
    }),
  )
})

test('an event without an end is given up', () => {
  const reader = new EventStreamReader(() => {})
  assert.throws(() => {
    for (let count = 0; count < 2_000; count++) reader.push(Buffer.alloc(1_000, 'a'))
  }, RangeError)
  const lines = new EventStreamReader(() => {})
  assert.throws(() => {
    for (let count = 0; count < 2_000; count++)
      lines.push(Buffer.from(`data: ${'a'.repeat(1_000)}\n`))
  }, RangeError)
})
