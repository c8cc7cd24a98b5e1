import assert from 'node:assert/strict'
import { test } from 'node:test'
import { developmentApp } from '../fixture/apps.ts'
import { deploy, readTestConfig } from '../fixture/deployment.ts'

test('what changed in the configuration is a row of the audit log, at reload as at the next start', async () => {
  const deployment = await deploy()
  try {
    const rows = async () =>
      (await deployment.admin('/admin/v1/audit?limit=1000&action=configuration.changed')).body.rows
    assert.deepEqual(await rows(), [], 'the first start changes nothing')
    const looser = developmentApp.replace(
      'evidence: [development]',
      'evidence: [development], mode: shadow',
    )
    const next = readTestConfig(deployment.directory, looser)
    await deployment.authority.reload({ ...deployment.config, apps: next.apps })
    await deployment.authority.reload({ ...deployment.config, apps: next.apps })
    const [row, ...more] = await rows()
    assert.deepEqual(more, [])
    assert.deepEqual([row.actor, row.subject], ['operator', 'authority'])
    assert.deepEqual(row.detail.before, { 'apps.wallet.enrollment.mode': 'enforce' })
    assert.deepEqual(row.detail.after, { 'apps.wallet.enrollment.mode': 'shadow' })
    assert.ok(row.detail.insecure.includes('authority.admin.insecureSinglePerson'))

    const strict = developmentApp.replace('[development]', '[development], approval: required')
    await deployment.restart({ apps: strict })
    const [, started] = await rows()
    assert.equal(started.detail.after['apps.wallet.enrollment.approval'], 'required')
    assert.equal(started.detail.after['apps.wallet.enrollment.mode'], 'enforce')
  } finally {
    await deployment.close()
  }
})

test('of URLs no path and no query is told', async () => {
  const deployment = await deploy()
  try {
    const url = 'https://roots.example.com/secret-path?key=secret-query'
    const { android } = deployment.config.attestation
    const attestation = { ...deployment.config.attestation, android: { ...android, rootsUrl: url } }
    await deployment.authority.reload({ ...deployment.config, attestation })
    const { body, text } = await deployment.admin(
      '/admin/v1/audit?limit=1000&action=configuration.changed',
    )
    assert.deepEqual(body.rows[0].detail.after, {
      'attestation.android.rootsUrl': 'https://roots.example.com',
    })
    assert.doesNotMatch(text, /secret/)
  } finally {
    await deployment.close()
  }
})
