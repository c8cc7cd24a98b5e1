import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import http from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { HaproxyRuntime } from '../../src/agent/haproxy-runtime.ts'
import { quietPort } from '../support/quiet-port.ts'

/** Why the test is skipped; CI has HAProxy, and fails instead. */
function haproxyIsMissing(): string | false {
  try {
    execFileSync('haproxy', ['-v'], { stdio: 'ignore' })
    return false
  } catch {
    if (process.env['CI'] !== undefined) throw new Error('haproxy is not installed')
    return 'haproxy is not installed'
  }
}

const entries = 100_000
const valueOf = (index: number) =>
  createHash('sha256').update(String(index)).digest('hex').toUpperCase()

test(`HAProxy takes a list of ${entries} certificates, and goes on answering meanwhile`, {
  skip: haproxyIsMissing(),
}, async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'sallyport-haproxy-'))
  const socket = path.join(folder, 'haproxy.sock')
  const list = path.join(folder, 'certificates.acl')
  const port = await quietPort()
  await writeFile(list, '')
  await writeFile(
    path.join(folder, 'haproxy.cfg'),
    `global
  stats socket ${socket} mode 600 level admin
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
frontend test
  bind 127.0.0.1:${port}
  http-request return status 403 if { hdr(x-certificate) -f ${list} }
  http-request return status 200
`,
  )
  const child = spawn('haproxy', ['-db', '-f', path.join(folder, 'haproxy.cfg')], {
    stdio: 'ignore',
  })
  t.after(async () => {
    child.kill('SIGKILL')
    await rm(folder, { recursive: true })
  })
  for (let tries = 0; !existsSync(socket) && tries < 200; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const statusOf = (value: string) =>
    new Promise<number>((resolve, reject) => {
      const options = { port, host: '127.0.0.1', agent: false, headers: { 'x-certificate': value } }
      http
        .get(options, (response) => {
          response.resume()
          resolve(response.statusCode ?? 0)
        })
        .on('error', reject)
    })
  const runtime = new HaproxyRuntime(socket)
  const values = Array.from({ length: entries }, (_, index) => valueOf(index))

  const startedAt = performance.now()
  const progress = { isDone: false }
  const replaced = runtime.replaceList(list, values).finally(() => {
    progress.isDone = true
  })
  let slowestMs = 0
  while (!progress.isDone) {
    const askedAt = performance.now()
    const status = await statusOf(valueOf(0))
    slowestMs = Math.max(slowestMs, performance.now() - askedAt)
    if (status === 403) {
      assert.equal(await statusOf(valueOf(entries - 1)), 403, 'all of it holds, or nothing')
    }
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await replaced
  const wholeMs = performance.now() - startedAt
  for (const index of [0, entries / 2, entries - 1]) {
    assert.equal(await statusOf(valueOf(index)), 403)
  }
  assert.equal(await statusOf(valueOf(entries)), 200)

  const changes = 100
  const changedAt = performance.now()
  for (let index = 0; index < changes; index++) {
    await runtime.remove(list, valueOf(entries + index))
    await runtime.do(`add acl ${list} ${valueOf(entries + index)}`)
  }
  const changeMs = (performance.now() - changedAt) / changes
  assert.equal(await statusOf(valueOf(entries)), 403)
  t.diagnostic(
    `${entries} entries: whole in ${wholeMs.toFixed(0)} ms, the slowest answer meanwhile ${slowestMs.toFixed(0)} ms; one more in ${changeMs.toFixed(2)} ms`,
  )
  assert(wholeMs < 30_000, `${wholeMs} ms`)
  assert(changeMs < 250, `${changeMs} ms`)
})
