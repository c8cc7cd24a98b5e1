import assert from 'node:assert/strict'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ShadowReport } from '@sallyport/authority'
import { configuredClient } from '../../src/admin/configured-client.ts'
import { endLeftOver, get, newFolder, type Ran, sallyport, startDev } from '../sallyport.ts'
import type { Development } from '../sallyport.ts'
import { editFile } from './edited-development.ts'

let dev: Development
before(async () => {
  dev = await startDev(path.join(newFolder(), 'dev'))
})
after(endLeftOver)

const run = (...args: string[]): Promise<Ran> =>
  sallyport([...args, '--config', dev.facts.configFile])
const statusWithout = async () =>
  (await get(dev.facts, dev.facts.gateway + dev.facts.samplePath, false)).status
/** What the audit log says of broken glass. */
async function brokenGlass(): Promise<{ action: string; detail: Record<string, unknown> }[]> {
  const client = configuredClient({ arguments: [], options: { config: dev.facts.configFile } })
  const { rows } = await client.call('listAudit', { query: { limit: 1_000 } })
  return rows.filter(({ action }) => action.startsWith('break-glass.'))
}

test('break-glass lets through on this host, ends when told to, and the authority has it in its audit log', async () => {
  assert.equal(await statusWithout(), 401)
  const opened = await run(
    'break-glass',
    'all',
    '--stage',
    'device',
    '--for',
    '5m',
    '--reason',
    'a drill',
  )
  assert.equal(opened.code, 0, opened.stderr)
  assert.match(opened.stdout, /all +device +shadow/)
  assert.equal(await statusWithout(), 200)

  const doctor = await run('doctor')
  assert.match(doctor.stdout, /device of all.*in mode shadow until .*a drill/s)

  const listed = await run('break-glass', '--json')
  assert.equal((JSON.parse(listed.stdout) as { open: unknown[] }).open.length, 1)

  const ended = await run('break-glass', 'all', '--stage', 'device', '--end')
  assert.equal(ended.code, 0, ended.stderr)
  assert.equal(await statusWithout(), 401)
  assert.equal((await run('break-glass', 'all', '--stage', 'device', '--end')).code, 1)

  let told = await brokenGlass()
  for (let tries = 0; tries < 60 && told.length < 2; tries++) {
    await sleep(250)
    told = await brokenGlass()
  }
  assert.deepEqual(
    told.map(({ action }) => action),
    ['break-glass.began', 'break-glass.ended'],
  )
  assert.equal(told[0]?.detail['reason'], 'a drill')
})

test('break-glass says what it was not told, and what there is', async () => {
  for (const [args, said] of [
    [['nowhere', '--stage', 'device', '--for', '5m', '--reason', 'x'], /There is no such route/],
    [['all', '--for', '5m', '--reason', 'x'], /--stage is missing/],
    [['all', '--stage', 'host', '--for', '5m', '--reason', 'x'], /device/],
    [['all', '--stage', 'device', '--reason', 'x'], /--for is missing/],
    [['all', '--stage', 'device', '--for', '5m'], /--reason is missing/],
    [['all', '--stage', 'device', '--for', '25h', '--reason', 'x'], /1s to 24h/],
    [
      ['all', '--stage', 'device', '--mode', 'enforce', '--for', '5m', '--reason', 'x'],
      /shadow, off/,
    ],
  ] as const) {
    const { code, stderr } = await run('break-glass', ...args)
    assert.equal(code, 2, stderr)
    assert.match(stderr, said)
  }
  assert.equal(await statusWithout(), 401)
})

test('shadow report tells what enforcing would refuse, and enforcing refuses that', async () => {
  editFile(dev.facts.configFile, (config) => {
    for (const host of Object.values(config.gateway.hosts)) {
      for (const route of host.routes) {
        Object.assign(route, { stages: { device: { mode: 'shadow', minimumAppVersion: '99' } } })
      }
    }
  })
  assert.equal((await run('reload')).code, 0)
  for (let index = 0; index < 7; index++) {
    const { status } = await get(dev.facts, dev.facts.gateway + dev.facts.samplePath, true)
    assert.equal(status, 200)
  }
  const reported = async () => {
    const { stdout } = await run('shadow', 'report', '--json')
    return JSON.parse(stdout) as ShadowReport
  }
  const countOf = ({ reasons }: ShadowReport) =>
    reasons.find(({ code }) => code === 'device_app_version_too_old')?.wouldBeRefused
  let report = await reported()
  for (let tries = 0; tries < 60 && countOf(report)?.requests !== 7; tries++) {
    await sleep(250)
    report = await reported()
  }
  assert.deepEqual(countOf(report), { requests: 7, ofRequests: 7, devices: 1, ofDevices: 1 })
  const { stdout } = await run('shadow', 'report', '--stage', 'device')
  assert.match(stdout, /device_app_version_too_old/)
  assert.match(stdout, /100\.0 %/)

  editFile(dev.facts.configFile, (config) => {
    for (const host of Object.values(config.gateway.hosts)) {
      for (const route of host.routes) {
        Object.assign(route, { stages: { device: { mode: 'enforce', minimumAppVersion: '99' } } })
      }
    }
  })
  assert.equal((await run('reload')).code, 0)
  const { status, body } = await get(dev.facts, dev.facts.gateway + dev.facts.samplePath, true)
  assert.deepEqual([status, body['code']], [403, 'device_app_version_too_old'])
})
