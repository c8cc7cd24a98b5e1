import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readFiles } from './fixture.ts'
import { judgedApps } from './judged-apps.ts'
import { judged, told, type WrittenApp, writtenApp } from './written-app.ts'

for (const [name, written, findings] of judgedApps) {
  test(`judges see ${name}`, async () => assert.deepEqual(await judged(written), findings))
}

const exclude = '<exclude domain="sharedpref" path="token.xml"/>'
const newRules = (cloud: string, transfer: string) =>
  `<data-extraction-rules><cloud-backup>${cloud}</cloud-backup><device-transfer>${transfer}</device-transfer></data-extraction-rules>`
const onlyTransfer = (transfer: string) =>
  `<data-extraction-rules><device-transfer>${transfer}</device-transfer></data-extraction-rules>`
const passedOver = `<full-backup-content><exclude android:domain="sharedpref" path="a"/><exclude domain="shared" path="a"/>
  <exclude domain="file" path="../a"/><exclude path="a"/></full-backup-content>`
const both = 'android:fullBackupContent="@xml/old" android:dataExtractionRules="@xml/new"'

const backups: readonly [name: string, app: WrittenApp, severity: string | undefined][] = [
  ['what is not forbidden', { application: '' }, 'low android:allowBackup'],
  ['what is allowed', { application: 'android:allowBackup="true"' }, 'low android:allowBackup'],
  [
    'only transfers where backups are forbidden',
    { application: 'android:allowBackup="false"' },
    'info device-transfer',
  ],
  [
    'nothing where backups are forbidden before 31',
    { targetSdk: 30, application: 'android:allowBackup="false"' },
    undefined,
  ],
  [
    'old rules alone',
    { application: 'android:fullBackupContent="@xml/old"' },
    'low android:allowBackup',
  ],
  [
    'old rules alone, before 31',
    { targetSdk: 30, application: 'android:fullBackupContent="@xml/old"' },
    undefined,
  ],
  ['nothing where both rules keep something out', { application: both }, undefined],
  [
    'transfers that no rule is about',
    { application: both, files: { 'res/xml/new.xml': newRules(exclude, '') } },
    'low android:allowBackup',
  ],
  [
    'rules that exclude nothing, as in a template',
    {
      application: both,
      files: {
        'res/xml/old.xml': '<full-backup-content><!-- <exclude/> --></full-backup-content>',
      },
    },
    'low android:allowBackup',
  ],
  [
    'fullBackupContent="false"',
    { targetSdk: 30, application: 'android:fullBackupContent="false"' },
    undefined,
  ],
  [
    'nothing of an app whose own agent gives what it chooses',
    { application: 'android:backupAgent=".Agent"' },
    undefined,
  ],
  [
    'an agent that full backups are asked for',
    { application: 'android:backupAgent=".Agent" android:fullBackupOnly="true"' },
    'low android:allowBackup',
  ],
  [
    'transfers without the agent, which is not read where backups are forbidden',
    { application: 'android:allowBackup="false" android:backupAgent=".Agent"' },
    'info device-transfer',
  ],
  [
    'nothing of a user of the system, without an agent',
    { root: 'android:sharedUserId="android.uid.system"', application: '' },
    undefined,
  ],
  [
    'what shares another user',
    { root: 'android:sharedUserId="com.example.shared"', application: '' },
    'low android:allowBackup',
  ],
  [
    'nothing of cloud backups where old rules take the place of a section that is missing',
    { application: both, files: { 'res/xml/new.xml': onlyTransfer(exclude) } },
    undefined,
  ],
  [
    'a section that is there and empty, whatever old rules say',
    { application: both, files: { 'res/xml/new.xml': newRules('', exclude) } },
    'low android:allowBackup',
  ],
  [
    'transfers, since old rules do not hold for them',
    { application: both, minSdk: 31, files: { 'res/xml/new.xml': '<data-extraction-rules/>' } },
    'low android:allowBackup',
  ],
  [
    'nothing where old rules hold for transfers too, before 31',
    { application: both, targetSdk: 30, files: { 'res/xml/new.xml': '<data-extraction-rules/>' } },
    undefined,
  ],
  [
    'rules that the platform passes over',
    {
      targetSdk: 30,
      application: both.split(' ')[0] ?? '',
      files: { 'res/xml/old.xml': passedOver },
    },
    'low android:allowBackup',
  ],
  [
    'dataExtractionRules that are no resource',
    { application: 'android:dataExtractionRules="false"' },
    'low android:allowBackup',
  ],
  [
    'fullBackupContent="true"',
    { targetSdk: 30, application: 'android:fullBackupContent="true"' },
    'low android:allowBackup',
  ],
]

for (const [name, written, expected] of backups) {
  test(`backups: ${name}`, async () => {
    const files = {
      'res/xml/old.xml': `<full-backup-content>${exclude}</full-backup-content>`,
      'res/xml/new.xml': newRules(exclude, exclude),
      ...written.files,
    }
    const { findings } = await readFiles(writtenApp({ ...written, files }))
    const seen = told(findings).filter((each) => each.startsWith('backup-allowed'))
    assert.deepEqual(seen, expected === undefined ? [] : [`backup-allowed ${expected}`])
  })
}

test('what no rule is about is named, and so is an agent that may leave something out', async () => {
  const detail = async (app: WrittenApp) => {
    const { findings } = await readFiles(writtenApp(app))
    return findings.find(({ rule }) => rule === 'backup-allowed')
  }
  const agent = 'android:backupAgent=".Agent" android:fullBackupOnly="true"'
  const own = await detail({ application: agent })
  assert.match(own?.detail ?? '', /What its own agent, \.Agent, leaves out cannot be told/)
  assert.equal(own?.confidence, 'firm')
  const files = {
    'res/xml/old.xml': `<full-backup-content>${exclude}</full-backup-content>`,
  }
  const moved = await detail({ application: 'android:fullBackupContent="@xml/old"', files })
  assert.match(moved?.title ?? '', /moves to another phone$/)
  assert.match(
    moved?.detail ?? '',
    /keeps anything out of transfers to another phone from Android 12 on\.$/,
  )
})

test('an app that may not connect has no findings about its connections', async () => {
  const files = writtenApp({ targetSdk: 22, minSdk: 20 })
  const manifest = files
    .get('AndroidManifest.xml')!
    .toString()
    .replace('permission.INTERNET', 'permission.VIBRATE')
  const { findings } = await readFiles(new Map([['AndroidManifest.xml', Buffer.from(manifest)]]))
  assert.deepEqual(told(findings), [])
})

test('a configuration that is not there leaves the policy unknown, and is told', async () => {
  const files = writtenApp({ targetSdk: 22, network: '' })
  files.delete('res/xml/network.xml')
  const { facts, notChecked } = await readFiles(files)
  assert.deepEqual(facts.networkPolicies, [])
  assert.match(notChecked[0]?.why ?? '', /@xml\/network was not found/)
})

test('the reason is told in words', async () => {
  const { findings } = await readFiles(writtenApp({ targetSdk: 27 }))
  const cleartext = findings.find(({ rule }) => rule === 'cleartext-traffic')
  assert.match(
    cleartext?.detail ?? '',
    /Cleartext is allowed because targetSdk 27 allows it and no configuration says otherwise\./,
  )
})

test('a manifest that a build has not written SDKs into is not judged by them, and that is told', async () => {
  const manifest = writtenApp({}).get('AndroidManifest.xml')!.toString()
  const bare = manifest.replace(/<uses-sdk[^>]*>/, '')
  const files = new Map([['src/main/AndroidManifest.xml', Buffer.from(bare)]])
  const { findings, notChecked } = await readFiles(files)
  assert.deepEqual(told(findings), ['backup-allowed info device-transfer'])
  assert.match(notChecked[0]?.why ?? '', /minSdkVersion and targetSdkVersion are not in it/)
})
