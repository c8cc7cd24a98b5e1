import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { cpuMicroseconds } from '../../src/measure/cpu-time.ts'
import { commandLine, processTree } from '../../src/measure/process-tree.ts'
import { residentMegabytes } from '../../src/measure/resident-memory.ts'

test('CPU time grows with work, and by no more than the work took', () => {
  const begun = performance.now()
  const before = cpuMicroseconds(process.pid)
  while (performance.now() - begun < 60);
  const used = cpuMicroseconds(process.pid) - before
  assert.ok(used > 10_000, `found ${used} µs`)
  // Compiler and collector threads may work beside the main one.
  assert.ok(used < (performance.now() - begun) * 1000 * 4, `found ${used} µs`)
})

test('a child belongs to the tree of its parent, by its command line', async () => {
  const child = spawn('sleep', ['30'])
  await once(child, 'spawn')
  try {
    const ids = processTree(process.pid)
    assert.equal(ids[0], process.pid)
    assert.ok(ids.includes(child.pid as number))
    assert.equal(commandLine(child.pid as number), 'sleep 30')
  } finally {
    child.kill()
    await once(child, 'exit')
  }
})

test('a process that has ended has no time, no memory and no command line', async () => {
  const child = spawn('true')
  await once(child, 'exit')
  const id = child.pid as number
  assert.equal(cpuMicroseconds(id), 0)
  assert.equal(residentMegabytes(id), 0)
  assert.equal(commandLine(id), '')
})

test('memory of this process is what it says of itself', () => {
  const found = residentMegabytes(process.pid)
  const own = process.memoryUsage.rss() / 2 ** 20
  assert.ok(Math.abs(found - own) < own / 4, `found ${found}, expected about ${own}`)
})
