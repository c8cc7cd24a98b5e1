import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeFrame, FrameReader } from '../../src/signer/process/frames.ts'

const reader = () => new FrameReader((tag) => (tag < 3 ? 1_000 : undefined))

test('frames come out whole and in order, whatever pieces they come in', () => {
  const frame = fc.record({
    tag: fc.nat(2),
    id: fc.nat(2 ** 32 - 1),
    text: fc.string({ maxLength: 100 }),
  })
  fc.assert(
    fc.property(
      fc.array(frame, { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 40 })),
      (frames, cuts) => {
        const bytes = Buffer.concat(frames.map(({ tag, id, text }) => encodeFrame(tag, id, text)))
        const read = reader()
        const found: unknown[] = []
        let at = 0
        for (const cut of [...cuts, bytes.length]) {
          const piece = bytes.subarray(at, at + cut)
          at += piece.length
          for (const { tag, id, body } of read.take(piece)) {
            found.push({ tag, id, text: JSON.parse(body.toString()) })
          }
        }
        assert.deepEqual(
          found,
          frames.map((each) => ({ ...each })),
        )
        assert.equal(read.isInside, false)
      },
    ),
  )
})

test('what is no frame of a known tag and size is refused before its body comes', () => {
  const header = (length: number, tag: number) => {
    const bytes = Buffer.alloc(9)
    bytes.writeUInt32BE(length, 0)
    bytes.writeUInt8(tag, 4)
    return bytes
  }
  for (const bytes of [
    header(1_006, 0),
    header(2 ** 32 - 1, 1),
    header(4, 0),
    header(10, 3),
    header(0, 0),
  ]) {
    assert.throws(() => [...reader().take(bytes)], RangeError)
  }
  assert.deepEqual([...reader().take(header(1_005, 0))], [])
})

test('bytes from anywhere throw RangeError, or wait for more', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        Array.from(reader().take(Buffer.from(bytes)))
      } catch (error) {
        assert.ok(error instanceof RangeError)
      }
    }),
  )
})
