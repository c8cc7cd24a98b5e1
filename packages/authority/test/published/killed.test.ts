import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { isListOf } from '@sallyport/pki'
import { fullList } from '../../src/published/published-addresses.ts'
import { assemble } from './assembled.ts'
import { insertRevoked } from './many-revoked.ts'

const rounds = 5
const revoked = 40_000

test(`killed ${rounds} times in the middle of lists of ${revoked}, an authority leaves lists that are whole`, async () => {
  // Looks on, and changes what is revoked. It publishes nothing itself.
  const watcher = await assemble()
  const { authority, directory, issuers, list } = watcher
  const { issuer } = await issuers()
  const notAfter = authority.now() + 3_600_000
  const insert = (count: number) =>
    insertRevoked(authority.store, issuer.id, { count, shards: 2, notAfter })
  await watcher.round()
  await insert(revoked)
  let child: ChildProcess | undefined
  try {
    let last = (await list()).number
    for (let round = 0; round < rounds; round++) {
      child = await startChild(directory)
      await insert(1)
      // Lists are begun within a second of a change, and take parts of one: the kills fall all over that.
      await sleep(400 + round * 250)
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
      const found = await list()
      assert.ok(isListOf(found, issuer.certificate))
      assert.ok(found.number >= last)
      last = found.number
    }
    // What a start finds behind is issued before it says that it is ready.
    child = await startChild(directory)
    const lists = await Promise.all([list(0), list(1), list(fullList)])
    const [zero = 0, one = 0, all = 0] = lists.map((found) => found.revoked.size)
    assert.deepEqual([zero + one, all], [revoked + rounds, revoked + rounds])
  } finally {
    child?.kill('SIGKILL')
    await watcher.close()
  }
})

test('where one of two authorities is killed, the other looks after the lists', async () => {
  const watcher = await assemble()
  const { authority, directory, issuers, list } = watcher
  const { issuer } = await issuers()
  const notAfter = authority.now() + 3_600_000
  const insert = () => insertRevoked(authority.store, issuer.id, { count: 1, shards: 1, notAfter })
  const untilListed = async (entries: number, withinMs: number) => {
    const until = Date.now() + withinMs
    while ((await list()).revoked.size < entries) {
      assert.ok(Date.now() < until, `${entries} are not on the list in time`)
      await sleep(100)
    }
  }
  const children: ChildProcess[] = []
  try {
    const first = await startChild(directory)
    children.push(first)
    await insert()
    await untilListed(1, 20_000)
    children.push(await startChild(directory))
    const ended = once(first, 'exit')
    first.kill('SIGKILL')
    await ended
    await insert()
    // The lease of the dead lapses first.
    await untilListed(2, 40_000)
  } finally {
    for (const child of children) child.kill('SIGKILL')
    await watcher.close()
  }
})

async function startChild(directory: string): Promise<ChildProcess> {
  const file = path.join(import.meta.dirname, 'publishing-process.js')
  const child = fork(file, [directory], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => {
      throw new Error('the authority did not start')
    }),
  ])
  return child
}
