import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startChild } from '../../src/supervise/child-process.ts'
import { keepChild } from '../../src/supervise/kept-child.ts'
import { childRunning, sayReady } from './children.ts'

const backoffMs = { first: 20, most: 40 }

test('a child that is killed is started again, and told of', async () => {
  const options = childRunning(`${sayReady} setInterval(() => {}, 1000)`)
  const said: string[] = []
  const restarted = Promise.withResolvers<number>()
  const kept = await keepChild({
    start: () => startChild(options),
    say: (text) => said.push(text),
    backoffMs,
    onRestart: (child) => restarted.resolve(child.pid),
  })
  const first = kept.current().pid
  process.kill(first, 'SIGKILL')
  const second = await restarted.promise
  assert.notEqual(second, first)
  assert.equal(kept.current().pid, second)
  assert.deepEqual(said, ['child: ended with signal SIGKILL; starting it again in 20 ms'])
  await kept.end(5_000)
})

test('after an ordered end nothing is started again', async () => {
  let starts = 0
  const options = childRunning(`${sayReady} setInterval(() => {}, 1000)`)
  const start = () => {
    starts++
    return startChild(options)
  }
  const kept = await keepChild({ start, say: () => {}, backoffMs })
  await kept.end(5_000)
  await new Promise((resolve) => setTimeout(resolve, 100))
  assert.equal(starts, 1)
})

test('a new start that fails is tried again', async () => {
  const good = childRunning(`${sayReady} setInterval(() => {}, 1000)`)
  const bad = childRunning('process.exit(1)')
  const turns = [good, bad, good]
  const restarted = Promise.withResolvers<void>()
  const said: string[] = []
  const kept = await keepChild({
    start: () => startChild(turns.shift() ?? good),
    say: (text) => said.push(text),
    backoffMs,
    onRestart: () => restarted.resolve(),
  })
  kept.current().signal('SIGKILL')
  await restarted.promise
  assert.equal(said.length, 2)
  assert.match(said[1] ?? '', /exit code 1; trying again in 40 ms/)
  await kept.end(5_000)
})
