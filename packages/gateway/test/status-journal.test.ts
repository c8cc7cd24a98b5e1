import assert from 'node:assert/strict'
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Change } from '@sallyport/wire'
import { StatusJournal } from '../src/control/status-journal.ts'

const change = (seq: number): Change => ({
  seq,
  at: 1,
  kind: 'device',
  key: `dev_${seq}`,
  status: 'revoked',
  until: 2,
})
const epoch = 'epo_a'

async function setUp(t: TestContext): Promise<{ directory: string; file: string }> {
  const directory = await mkdtemp(path.join(tmpdir(), 'sallyport-journal-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  return { directory, file: path.join(directory, 'status.journal') }
}

const seqs = async (directory: string): Promise<number[]> =>
  (await new StatusJournal(directory).read()).map((entry) => entry.change.seq)

test('what was appended is there again', async (t) => {
  const { directory } = await setUp(t)
  const journal = new StatusJournal(directory)
  await Promise.all([
    journal.append(epoch, [change(1), change(2)]),
    journal.append(epoch, [change(3)]),
  ])
  assert.deepEqual(await new StatusJournal(directory).read(), [
    { epoch, change: change(1) },
    { epoch, change: change(2) },
    { epoch, change: change(3) },
  ])
  await journal.close()
})

test('a snapshot takes the place of what it holds, and of nothing else', async (t) => {
  const { directory, file } = await setUp(t)
  const journal = new StatusJournal(directory)
  await journal.append(epoch, [change(1), change(2), change(3)])
  await journal.forget(epoch, 2)
  assert.deepEqual(await seqs(directory), [3])
  await journal.append(epoch, [change(4)])
  assert.deepEqual(await seqs(directory), [3, 4])
  await journal.forget('epo_b', 0)
  assert.equal(await readFile(file, 'utf8'), '')
  await journal.close()
})

test('cut off at any byte, it holds what was whole', async (t) => {
  const { directory, file } = await setUp(t)
  const journal = new StatusJournal(directory)
  await journal.append(epoch, [change(1)])
  const one = (await readFile(file)).length
  await journal.append(epoch, [change(2)])
  await journal.close()
  const whole = await readFile(file)
  for (let length = 0; length <= whole.length; length++) {
    await writeFile(file, whole.subarray(0, length))
    const expected = length < one ? [] : length < whole.length ? [1] : [1, 2]
    assert.deepEqual(await seqs(directory), expected, `${length} bytes`)
  }
})

test('a whole line that is damaged is not passed over', async (t) => {
  const { directory, file } = await setUp(t)
  const journal = new StatusJournal(directory)
  await journal.append(epoch, [change(1), change(2)])
  await journal.close()
  const text = await readFile(file, 'utf8')
  await writeFile(file, text.replace('dev_1', 'dev_9'))
  await assert.rejects(seqs(directory), /line 1 is damaged/)
  await writeFile(file, text)
  await appendFile(file, 'x\n')
  await assert.rejects(seqs(directory), /line 3 is damaged/)
})

test('what is appended behind a line that was cut off at any byte is there at the start after the next', async (t) => {
  const { directory, file } = await setUp(t)
  const journal = new StatusJournal(directory)
  await journal.append(epoch, [{ ...change(1), status: 'außer Dienst' }])
  const one = (await readFile(file)).length
  await journal.append(epoch, [{ ...change(2), status: 'außer Dienst' }])
  await journal.close()
  const whole = await readFile(file)
  for (let length = 0; length <= whole.length; length++) {
    await writeFile(file, whole.subarray(0, length))
    const next = new StatusJournal(directory)
    await next.read()
    await next.append(epoch, [change(3)])
    await next.append(epoch, [change(4)])
    await next.close()
    const before = length < one ? [] : length < whole.length ? [1] : [1, 2]
    assert.deepEqual(await seqs(directory), [...before, 3, 4], `${length} bytes`)
  }
})
