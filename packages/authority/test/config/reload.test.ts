import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import { developmentApp, twoApps } from '../fixture/apps.ts'
import { type Deployment, deploy, readTestConfig } from '../fixture/deployment.ts'
import { follow } from '../fixture/gateway.ts'
import { enroll } from '../fixture/phone.ts'

async function withDeployment(work: (deployment: Deployment) => Promise<void>): Promise<void> {
  const deployment = await deploy({ apps: developmentApp, heartbeatMs: 50 })
  try {
    await work(deployment)
  } finally {
    await deployment.close()
  }
}

const isInvalid = (error: unknown) => isProblem(error) && error.code === 'config_invalid'

test('a reload brings another app, its CA, and the word of it on the feed', () =>
  withDeployment(async (deployment) => {
    const { body } = await deployment.gatewayCall('/gateway/v1/snapshot')
    const following = await follow(deployment, `?after=${body.seq}`)
    await deployment.authority.reload(readTestConfig(deployment.directory, twoApps))
    const change = await following.until(({ event }) => event === 'change')
    assert.equal(change.data.kind, 'issuer')
    assert.equal(change.data.issuer.appId, 'bank')
    assert.equal((await enroll(deployment, 'bank')).issued.assurance, 'software')
    following.close()
  }))

test('a configuration that cannot be taken up changes nothing', () =>
  withDeployment(async (deployment) => {
    const open = readTestConfig(deployment.directory, '\n  wallet: {}\n')
    await assert.rejects(deployment.authority.reload(open), isInvalid)
    const moved = readTestConfig(deployment.directory, twoApps)
    moved.store = { path: 'elsewhere.db' }
    await assert.rejects(deployment.authority.reload(moved), isInvalid)
    const lost = readTestConfig(deployment.directory, twoApps)
    lost.authority.listeners.device.certificateFile = 'nowhere.crt'
    await assert.rejects(
      deployment.authority.reload(lost),
      (error) => isProblem(error) && error.code === 'config_unreadable',
    )
    await enroll(deployment)
    await assert.rejects(enroll(deployment, 'bank'), /app_unknown/)
  }))

test('a reload takes up another certificate of a listener', () =>
  withDeployment(async (deployment) => {
    const other = await deploy()
    try {
      const { certificateFile, keyFile } = other.config.authority.listeners.device
      for (const file of [certificateFile, keyFile]) {
        const bytes = readFileSync(path.join(other.directory, file))
        writeFileSync(path.join(deployment.directory, file), bytes)
      }
      await deployment.authority.reload(readTestConfig(deployment.directory, developmentApp))
      const answer = await deployment.device('/device/v1/me', { ca: other.caPem })
      assert.equal(answer.status, 401)
    } finally {
      await other.close()
    }
  }))

test('an app that would enrol whoever asks does not start', async () => {
  await assert.rejects(deploy({ apps: '\n  wallet: {}\n' }), isInvalid)
})
