import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { showProgress } from '../../src/scan/progress.ts'

function heard(isTTY: boolean): { stream: NodeJS.WriteStream; said: string[] } {
  const said: string[] = []
  const stream = { isTTY, write: (text: string) => said.push(text) > 0 }
  // Only these two members are used.
  return { stream: stream as unknown as NodeJS.WriteStream, said }
}

test('what is over within a second says nothing', async () => {
  const { stream, said } = heard(true)
  const end = showProgress('Reading', stream)
  await sleep(100)
  end()
  assert.deepEqual(said, [])
})

test('what takes longer says so: one line in a log, on a terminal one that is gone at the end', async () => {
  const [log, terminal] = [heard(false), heard(true)]
  const ends = [log, terminal].map(({ stream }) => showProgress('Reading', stream))
  await sleep(2_400)
  for (const end of ends) end()
  assert.deepEqual(log.said, ['Reading …\n'])
  assert.ok(terminal.said.length >= 2 && terminal.said.at(-1) === '\r\u001b[K')
})
