import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import https from 'node:https'
import path from 'node:path'
import { after, test, type TestContext } from 'node:test'
import { endLeftOver, newFolder } from '../sallyport.ts'
import { layOutEdited } from './edited-development.ts'
import { enrollOnce } from './enrollment.ts'
import { hasPrograms, run } from './program.ts'
import { endLeftOverRoles, startRole } from './role-process.ts'

after(endLeftOver)
after(endLeftOverRoles)

test('each group of answered writes was synced to the disk at least once', async (t) => {
  if (!hasPrograms(t, 'strace') || !(await mayTrace(t))) return
  let operations = ''
  const dev = await layOutEdited(({ authority }) => {
    operations = authority.listeners.operations.listen
  })
  const authority = await startRole('authority', dev.facts.configFile, operations)
  const agent = new https.Agent({
    keepAlive: true,
    maxSockets: 50,
    ca: readFileSync(dev.facts.caFile),
  })
  const enroll = async (): Promise<void> => {
    assert.ok(await enrollOnce(dev.facts.authority, agent))
  }
  const summary = path.join(newFolder(), 'summary')
  const calls = ['-f', '-c', '-e', 'trace=fsync,fdatasync', '-o', summary]
  const strace = spawn('strace', [...calls, '-p', String(authority.pid)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  await once(strace.stderr, 'data')
  const before = await commits(operations)
  for (let one = 0; one < 20; one++) await enroll()
  const alone = (await commits(operations)) - before
  await Promise.all(Array.from({ length: 200 }, enroll))
  const together = (await commits(operations)) - before - alone
  strace.kill('SIGINT')
  await once(strace, 'exit')
  const text = readFileSync(summary, 'utf8')
  const syncs = text
    .split('\n')
    .filter((line) => /\b(fsync|fdatasync)$/.test(line))
    .reduce((sum, line) => sum + Number(line.trim().split(/\s+/)[3]), 0)
  t.diagnostic(
    `20 enrolments in a row: ${alone} commits; 200 at once: ${together} commits; ${syncs} syncs`,
  )
  assert.ok(alone >= 20, 'an answer that others wait for has a commit of its own')
  assert.ok(together < 200, 'concurrent writes share commits')
  assert.ok(syncs >= alone + together, text)
  agent.destroy()
  await authority.end()
})

async function commits(operations: string): Promise<number> {
  const text = await (await fetch(`http://${operations}/metrics`)).text()
  return Number(
    /^sallyport_authority_commits_total\{outcome="committed"\} (\d+)$/m.exec(text)?.[1] ?? 0,
  )
}

/** Containers may forbid ptrace. */
async function mayTrace(t: TestContext): Promise<boolean> {
  const { exitCode, output } = await run('strace', ['-f', '-c', '-e', 'trace=fsync', 'true'])
  if (exitCode === 0) return true
  assert.notEqual(process.env['CI'], 'true', `must not be skipped here: ${output}`)
  t.skip(`strace may not trace here: ${output.split('\n')[0]}`)
  return false
}
