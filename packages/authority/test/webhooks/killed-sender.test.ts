import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import https from 'node:https'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import pino from 'pino'
import { startAuthority } from '../../src/start-authority.ts'
import { developmentApp } from '../fixture/apps.ts'
import { deploy, layOut, passphrase, readTestConfig } from '../fixture/deployment.ts'
import { type ReceivedEvent, startReceiver } from '../fixture/event-receiver.ts'
import { httpCall } from '../fixture/http-call.ts'
import { withStore } from '../fixture/store-place.ts'

async function prepare() {
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-hooks-'))
  const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`
  writeFileSync(path.join(directory, 'hook.key'), secret, { mode: 0o600 })
  const receiver = await startReceiver()
  const hook = `url: '${receiver.url}/all', secretFile: hook.key, insecurePlaintext: true, events: [enrollment-token.created]`
  return { directory, receiver, authority: `  webhooks:\n    all: { ${hook} }` }
}

const labelsOf = (events: readonly ReceivedEvent[]) =>
  events.map(({ event }) => String(event.data.after?.['label']))

test('killed in the middle of sending, an authority loses no event that was told', async () => {
  const { directory, receiver, authority } = await prepare()
  try {
    const { adminToken, caPem } = await layOut({ directory })
    // Slow enough that every kill falls into something that is under way.
    receiver.answer('/all', (response) => void setTimeout(() => response.end(), 20))
    const told: string[] = []
    for (let round = 0; round < 3; round++) {
      const file = path.join(import.meta.dirname, '../conformance/authority-process.js')
      const child = fork(file, [directory, '', authority], {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      })
      const ended = once(child, 'exit')
      const [addresses] = (await Promise.race([
        once(child, 'message'),
        ended.then(() => assert.fail('the authority did not start')),
      ])) as [{ admin: string }]
      const headers = { authorization: `Bearer ${adminToken}` }
      const agent = new https.Agent({ keepAlive: true, maxSockets: 8, ca: caPem })
      const labels = Array.from({ length: 40 }, (_, index) => `${round}-${index}`)
      await Promise.all(
        labels.map(async (label) => {
          const url = `${addresses.admin}/admin/v1/enrollment-tokens`
          const body = { appId: 'wallet', label }
          const answer = await httpCall(url, { agent, headers, body })
          if (answer.status === 201) told.push(label)
        }),
      )
      agent.destroy()
      // The last one finishes what is left.
      const isLast = round === 2
      if (isLast)
        await receiver.until(
          '/all',
          (events) => new Set(labelsOf(events)).size >= told.length,
          40_000,
        )
      child.kill('SIGKILL')
      await ended
      // As if the time of its leases were over.
      await withStore(directory, (store) => store.write((tx) => tx.deleteFrom('leases').execute()))
    }
    const events = receiver.received('/all')
    assert.deepEqual(new Set(labelsOf(events)), new Set(told))
    const repeated = events.length - new Set(events.map(({ id }) => id)).size
    // A batch at most for each death.
    assert.ok(repeated <= 2 * 64, String(repeated))
    assert.equal(
      new Set(events.map(({ id, event }) => `${id} ${event.data.seq}`)).size,
      told.length,
    )
  } finally {
    await receiver.close()
    rmSync(directory, { recursive: true, force: true })
  }
})

test('of three authorities over one store each event is sent once', async () => {
  const { directory, receiver, authority } = await prepare()
  const first = await deploy({ directory, authority })
  const others = await Promise.all(
    ['second', 'third'].map((name) =>
      startAuthority(
        readTestConfig(directory, developmentApp, undefined, `  name: ${name}\n${authority}`),
        {
          log: pino({ level: 'silent' }),
          directory,
          version: '0.0.0-test',
          environment: { SALLYPORT_PASSPHRASE: passphrase },
        },
      ),
    ),
  )
  try {
    const admins = [first.authority, ...others].map(({ addresses }) => addresses.admin)
    const headers = { authorization: `Bearer ${first.adminToken}` }
    const labels = Array.from({ length: 60 }, (_, index) => String(index))
    await Promise.all(
      labels.map((label, index) =>
        httpCall(`${admins[index % 3]}/admin/v1/enrollment-tokens`, {
          ca: first.caPem,
          headers,
          body: { appId: 'wallet', label },
        }),
      ),
    )
    const events = await receiver.until('/all', ({ length }) => length >= labels.length)
    // Whoever would send something again is given the time for it.
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    assert.deepEqual(labelsOf(receiver.received('/all')).toSorted(), labels.toSorted())
    assert.equal(new Set(events.map(({ event }) => event.data.chain)).size, 3)
  } finally {
    await Promise.all(others.map((one) => one.close()))
    await first.close()
    await receiver.close()
  }
})
