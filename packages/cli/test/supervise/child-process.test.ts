import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import { startChild } from '../../src/supervise/child-process.ts'
import { childRunning, sayReady } from './children.ts'

test('a child is running once it says that it is ready, and ends on request', async () => {
  const child = await startChild(childRunning(`${sayReady} setInterval(() => {}, 1000)`))
  assert.deepEqual(child.facts, { pid: child.pid })
  assert.deepEqual(await child.end(5_000), { code: null, signal: 'SIGTERM' })
})

test('a child runs under the options of Node that it is given', async () => {
  const script = `process.send({ kind: 'ready', facts: { options: process.execArgv } }); setInterval(() => {}, 1000)`
  const child = await startChild({ ...childRunning(script), nodeOptions: ['--v8-pool-size=1'] })
  assert.deepEqual(child.facts, { options: ['--v8-pool-size=1'] })
  await child.end(5_000)
})

test('a child that ignores the request is made to end', async () => {
  const deaf = `process.on('SIGTERM', () => {}); ${sayReady} setInterval(() => {}, 1000)`
  const child = await startChild(childRunning(deaf))
  assert.deepEqual(await child.end(100), { code: null, signal: 'SIGKILL' })
})

test('a child that fails at start is reported with its own reason', async () => {
  const script = `process.send({ kind: 'failed', problem: { code: 'port_in_use', detail: '127.0.0.1:1 is taken', expected: 'a free one' } }, () => process.exit(3))`
  await assert.rejects(
    startChild(childRunning(script)),
    (error) =>
      isProblem(error) &&
      error.code === 'port_in_use' &&
      error.message === 'child: 127.0.0.1:1 is taken' &&
      error.expected === 'a free one',
  )
})

test('a child that ends without a reason is reported with how it ended', async () => {
  await assert.rejects(
    startChild(childRunning('process.exit(7)')),
    (error) =>
      isProblem(error) && error.code === 'start_failed' && /exit code 7/.test(error.message),
  )
})

test('a child that stays silent is ended', async () => {
  await assert.rejects(
    startChild({ ...childRunning('setInterval(() => {}, 1000)'), readyTimeoutMs: 300 }),
    (error) => isProblem(error) && /not ready after 0.3 s/.test(error.message),
  )
})
