import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DevelopmentFacts } from '../src/dev/guidance.ts'
import { binary, isAlive, newFolder } from './sallyport.ts'

/** A Node of the machine that is too old for the built code. */
function oldNode(t: TestContext): string | undefined {
  for (const directory of (process.env['PATH'] ?? '').split(':')) {
    const node = path.join(directory, 'node')
    try {
      const major = Number(execFileSync(node, ['-p', 'process.versions.node.split(".")[0]']))
      if (major < 24) return node
    } catch {
      // No node in this folder.
    }
  }
  t.skip('this machine has no Node older than 24')
  return undefined
}

test('an old Node runs the command with the one that the repository brings', (t) => {
  const node = oldNode(t)
  if (node === undefined) return
  const facts = execFileSync(node, [binary, 'version', '--json'], { encoding: 'utf8' })
  assert.ok(Number.parseInt((JSON.parse(facts) as { node: string }).node, 10) >= 24)
  assert.throws(
    () => execFileSync(node, [binary, 'nothing'], { stdio: 'pipe' }),
    (error) => error instanceof Error && 'status' in error && error.status === 2,
  )
})

test('a command that fails ends, while the old Node keeps a channel to it', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.after(() => taken.close())
  const { port } = taken.address() as AddressInfo
  const line = [binary, 'dev', '--dir', newFolder(), '--port', String(port)]
  const child = spawn(process.execPath, line, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
  t.after(() => child.kill('SIGKILL'))
  const [code] = (await once(child, 'exit', { signal: AbortSignal.timeout(20_000) })) as [number]
  assert.equal(code, 3)
})

for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
  test(`an old Node that gets ${signal} leaves nothing running`, async (t) => {
    const node = oldNode(t)
    if (node === undefined) return
    const child = spawn(node, [binary, 'dev', '--json', '--dir', newFolder()], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    t.after(() => child.kill('SIGKILL'))
    const facts = await new Promise<DevelopmentFacts>((resolve) => {
      child.stdout.once('data', (chunk: Buffer) => resolve(JSON.parse(String(chunk))))
    })
    assert.notEqual(facts.pid, child.pid)
    const children = readFileSync(`/proc/${facts.pid}/task/${facts.pid}/children`, 'utf8')
    const pids = [facts.pid, ...children.split(' ').filter(Boolean).map(Number)]
    // Itself, signer, authority, gateway, service and phone.
    assert.equal(pids.length, 6)
    const ended = new Promise<number | null>((resolve) => child.on('exit', resolve))
    child.kill(signal)
    assert.equal(await ended, signal === 'SIGTERM' ? 0 : null)
    const deadline = Date.now() + 60_000
    while (pids.some(isAlive) && Date.now() < deadline) await sleep(50)
    assert.deepEqual(pids.filter(isAlive), [])
  })
}
