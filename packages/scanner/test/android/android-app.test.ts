import assert from 'node:assert/strict'
import path from 'node:path'
import { test } from 'node:test'
import { folderTable } from '../../src/android/resources/folder-table.ts'
import { filesIn, fixtures, readFiles } from './fixture.ts'

const forms = ['apk', 'sparse', 'bundle', 'source']

for (const form of forms) {
  test(`${form}: the manifest is read with its references resolved`, async () => {
    const { facts, notChecked } = await readFiles(filesIn(path.join(fixtures, form)))
    assert.deepEqual(notChecked, [])
    assert.equal(facts.androidApps.length, 1)
    const { base, minSdk, targetSdk } = facts.androidApps[0]!
    assert.equal(base.packageName, 'com.example.bank')
    assert.equal(base.versionName, '2.4.1')
    assert.equal(base.versionCode, String(2n ** 32n + 7n))
    assert.deepEqual([minSdk, targetSdk], [26, 34])
    assert.equal(base.allowBackup?.value, true)
    assert.equal(base.usesCleartextTraffic?.value, true, 'in the configuration for API level 28')
    assert.equal(base.debuggable, undefined)
    assert.deepEqual(
      base.permissions.map(({ name, maxSdk }) => [name, maxSdk]),
      [
        ['android.permission.INTERNET', undefined],
        ['android.permission.WRITE_EXTERNAL_STORAGE', 28],
      ],
    )
    const [main, provider] = base.components
    assert.equal(main?.name, 'com.example.bank.Main')
    assert.deepEqual([main?.exported, main?.hasFilters], [true, true])
    assert.deepEqual(provider?.authorities, ['com.example.bank.files', 'com.example.bank.more'])
    assert.deepEqual([provider?.exported, provider?.grantsUriPermissions], [false, true])
  })

  test(`${form}: references to XML lead to the files, whatever they are called`, async () => {
    const { facts } = await readFiles(filesIn(path.join(fixtures, form)))
    const app = facts.androidApps[0]!
    const { networkSecurityConfig, fullBackupContent, components } = app.base
    const rootOf = (value: Parameters<typeof app.xml>[0] | undefined) =>
      value && app.xml(value).map(({ root }) => root.name)
    assert.deepEqual(rootOf(networkSecurityConfig?.value), ['network-security-config'])
    assert.deepEqual(rootOf(fullBackupContent?.value), ['full-backup-content'])
    assert.deepEqual(rootOf(components[1]?.metaData[0]?.value), ['paths'])
  })

  const compiledStrings = form === 'source' ? [] : ['A bold word\n', 'Grüezi, 世界 🗝\n']
  test(`${form}: strings of resources are one region, with the byte of each`, async () => {
    const files = filesIn(path.join(fixtures, form))
    const { regions } = await readFiles(files)
    const region = regions.find(({ text }) => text.includes('made-up-key'))!
    for (const text of [
      'made-up-key-0123456789',
      'https://cdn.bank.example/',
      ...compiledStrings,
    ]) {
      const index = region.text.indexOf(text)
      assert.notEqual(index, -1, text)
      const offset = region.offsetAt(index)
      const there = files.get(region.path)!.subarray(offset)
      assert.equal(there.toString('utf8', 0, 3), Buffer.from(text).toString('utf8', 0, 3))
    }
    const inside = region.text.indexOf('0123456789')
    const there = files.get(region.path)!.subarray(region.offsetAt(inside))
    assert.equal(there.toString('latin1', 0, 10), '0123456789')
  })
}

for (const form of ['apk', 'bundle', 'source']) {
  test(`${form}: resources of a type are told by their names`, async () => {
    const { facts } = await readFiles(filesIn(path.join(fixtures, form)))
    const tables =
      facts.resourceTables.length > 0 ? facts.resourceTables : [folderTable('', facts.androidXml)]
    const named = tables.flatMap((table) => [...table.ofType('string')])
    assert.deepEqual(named.map(({ name }) => name).toSorted(), [
      'greeting',
      'key',
      'key_itself',
      'styled',
      'version',
    ])
    const version = named.find(({ name }) => name === 'version')?.entries()[0]?.value
    assert.deepEqual(version, { kind: 'string', text: '2.4.1' })
  })
}

test('what the manifest says of the app becomes its identity', async () => {
  const { facts } = await readFiles(filesIn(path.join(fixtures, 'apk')))
  assert.deepEqual(facts.appIdentities, [
    {
      platform: 'android',
      path: 'AndroidManifest.xml',
      id: 'com.example.bank',
      version: '2.4.1',
      versionCode: String(2n ** 32n + 7n),
      minSdk: '26',
      targetSdk: '34',
    },
  ])
})

test('splits are one app with their base, an app within it is another', async () => {
  const apk = filesIn(path.join(fixtures, 'apk'))
  const files = new Map([...apk].map(([file, bytes]) => [`base.apk!/${file}`, bytes]))
  files.set('base.apk!/assets/inner.apk!/AndroidManifest.xml', otherManifest(apk))
  files.set('split.apk!/AndroidManifest.xml', apk.get('AndroidManifest.xml')!)
  const { facts } = await readFiles(files)
  assert.deepEqual(
    facts.androidApps.map(({ base, manifests }) => [base.path, manifests.length]),
    [
      ['base.apk!/AndroidManifest.xml', 2],
      ['base.apk!/assets/inner.apk!/AndroidManifest.xml', 1],
    ],
  )
})

/** The same manifest, of another package. */
function otherManifest(apk: ReadonlyMap<string, Buffer>): Buffer {
  const bytes = Buffer.from(apk.get('AndroidManifest.xml')!)
  const name = Buffer.from('com.example.bank', 'utf16le')
  for (let at = bytes.indexOf(name); at !== -1; at = bytes.indexOf(name, at + 1)) {
    bytes.write('org', at, 'utf16le')
  }
  return bytes
}
