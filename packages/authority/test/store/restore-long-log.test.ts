import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { newId } from '@sallyport/wire'
import { backupStore } from '../../src/store/portable/store-operations.ts'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import { exportedLog, forgedRows, writeLines } from '../fixture/exported-log.ts'
import { enroll, type Phone } from '../fixture/phone.ts'
import { storeIn, withStore } from '../fixture/store-place.ts'

const here = mkdtempSync(path.join(tmpdir(), 'sallyport-long-log-'))
const program = fileURLToPath(new URL('../fixture/restore-process.js', import.meta.url))
const backup = path.join(here, 'backup.gz')
const log = path.join(here, 'audit.jsonl')
const lines = 100_000
let deployment: Deployment
let phone: Phone
before(async () => {
  deployment = await deploy({ heartbeatMs: 50 })
  phone = await enroll(deployment)
  await backupStore(storeIn(deployment.directory), { file: backup, now: Date.now() })
  const { rows } = await exportedLog(deployment)
  const last = rows.at(-1) ?? assert.fail()
  // What a busy day leaves behind, and at its end the one that matters.
  const actions = [
    'feed-key.replaced',
    'certificate.renewed',
    'device.enrolled',
    'device.suspended',
  ]
  const events = Array.from({ length: lines - 1 }, (_, index) => ({
    action: index === 0 ? 'feed-key.replaced' : (actions[1 + (index % 3)] ?? ''),
    subject: newId('device'),
    detail: {
      reason: 'of a busy day',
      after: { thumbprint: 'x'.repeat(43), serial: 'y'.repeat(32) },
    },
  }))
  const end = { action: 'device.revoked', subject: phone.issued.deviceId, detail: {} }
  writeLines(log, [...rows, ...forgedRows(last, [...events, end])])
})
after(async () => {
  await deployment.close()
  rmSync(here, { recursive: true })
})

const start = async (directory: string) => {
  const location = storeIn(directory)
  const password = 'postgres' in location ? await location.postgres.password() : ''
  const place = JSON.stringify({ ...location, password })
  const child = spawn(process.execPath, [program, place, backup, log], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => void (said += chunk))
  return { child, said: () => said }
}

test('a log of 100,000 lines is followed in bounded memory, and a restore that was killed is done again', async (t) => {
  const place = mkdtempSync(path.join(here, 'place-'))
  const killed = await start(place)
  while (!killed.said().includes('following')) {
    assert.equal(killed.child.exitCode, null)
    await Promise.race([once(killed.child.stdout, 'data'), once(killed.child, 'exit')])
  }
  killed.child.kill('SIGKILL')
  await once(killed.child, 'exit')
  assert.ok(!killed.said().includes('told'), 'it was not done')
  const began = performance.now()
  const again = await start(place)
  const [code] = (await once(again.child, 'close')) as [number]
  assert.equal(code, 0, again.said())
  const { told, ended, maxRssKiB } = JSON.parse(again.said().split('\n')[1] ?? '')
  const seconds = ((performance.now() - began) / 1_000).toFixed(1)
  t.diagnostic(`${lines} lines in ${seconds} s, at most ${Math.round(maxRssKiB / 1024)} MiB`)
  assert.equal(ended['device.revoked'], 1)
  assert.ok(told > 33_000, String(told))
  assert.ok(maxRssKiB < 512 * 1024, `${maxRssKiB} KiB`)
  const status = await withStore(place, ({ read }) =>
    read
      .selectFrom('devices')
      .select('status')
      .where('id', '=', phone.issued.deviceId)
      .executeTakeFirst(),
  )
  assert.equal(status?.status, 'revoked')
})
