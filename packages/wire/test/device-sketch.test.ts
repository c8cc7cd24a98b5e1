import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { addToSketch, emptySketch, estimateDevices, mergeSketch } from '../src/index.ts'

const hashOf = (index: number) =>
  createHash('sha256').update(`dev_${index}`).digest().readInt32LE(0)

function sketchOf(from: number, to: number) {
  const sketch = emptySketch()
  for (let index = from; index < to; index++) addToSketch(sketch, hashOf(index))
  return sketch
}

for (const devices of [0, 1, 5, 40, 400, 5_000, 200_000]) {
  test(`${devices} devices are told within a fifth, or one`, () => {
    const estimate = estimateDevices(sketchOf(0, devices))
    assert(
      Math.abs(estimate - devices) <= Math.max(1, devices / 5),
      `${estimate} for ${devices} devices`,
    )
  })
}

test('the same devices twice are the same devices, and sketches put together are one', () => {
  const whole = sketchOf(0, 1_000)
  const parts = sketchOf(0, 600)
  mergeSketch(parts, sketchOf(400, 1_000))
  assert.deepEqual(parts, whole)
})
