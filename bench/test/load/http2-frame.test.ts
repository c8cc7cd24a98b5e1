import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeFrame, type Frame, FrameReader } from '../../src/load/http2-frame.ts'

const frame = fc.record(
  {
    type: fc.nat(255),
    flags: fc.nat(255),
    stream: fc.nat(0x7f_ff_ff_ff),
    payload: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  },
  { noNullPrototype: true },
)

test('what was written is read back, however it is cut into chunks', () => {
  fc.assert(
    fc.property(
      fc.array(frame, { maxLength: 5 }),
      fc.integer({ min: 1, max: 30 }),
      (sent, size) => {
        const bytes = Buffer.concat(sent.map(encodeFrame))
        const reader = new FrameReader()
        const received: Frame[] = []
        for (let at = 0; at < bytes.length; at += size) {
          reader.push(bytes.subarray(at, at + size), (one) =>
            received.push({ ...one, payload: Buffer.from(one.payload) }),
          )
        }
        assert.deepEqual(received, sent)
      },
    ),
  )
})
