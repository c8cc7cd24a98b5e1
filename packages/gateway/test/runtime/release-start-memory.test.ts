import assert from 'node:assert/strict'
import { test } from 'node:test'
import { getHeapSpaceStatistics } from 'node:v8'
import { releaseStartMemory } from '../../src/runtime/release-start-memory.ts'

test('the room that starting took for new objects is given back', () => {
  const kept: object[] = []
  for (let count = 0; count < 500_000; count++) {
    const made = { count, text: [count] }
    if (count % 20 === 0) kept.push(made)
  }
  const before = bytesForNewObjects()
  releaseStartMemory()
  const after = bytesForNewObjects()
  assert(before > 4 << 20, `${before} bytes`)
  assert(after < before / 2, `${before} bytes, and ${after} after`)
  assert.equal(kept.length, 25_000)
})

function bytesForNewObjects(): number {
  const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')
  assert(space)
  return space.physical_space_size
}
