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
