import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fixture } from '../collect.ts'
import { makeZip } from '../make-zip.ts'
import { defaultLimits, makeReports, renderReports, rules, scan } from '../../src/index.ts'
import type { ReportFormat, ScanResult } from '../../src/index.ts'

const dex = readFileSync(new URL('../../../test/dex/fixtures/tls.dex', import.meta.url))
const manifest = fixture('android/apk/AndroidManifest.xml')
const apk = zipOf({ 'AndroidManifest.xml': manifest, 'classes.dex': dex })
const textManifest = '<manifest xmlns:android="http://schemas.android.com/apk/res/android"/>'
const plist = (executable: string) =>
  `<?xml version="1.0"?><plist version="1.0"><dict><key>CFBundleIdentifier</key><string>com.bank</string><key>CFBundlePackageType</key><string>APPL</string><key>CFBundleExecutable</key><string>${executable}</string></dict></plist>`
const program = fixture('mach-o/bank-arm64')

type Row = readonly [file: string, bytes: Buffer, unread: RegExp | undefined]

/** What a gate must not be green on, and what it may. */
const rows: Readonly<Record<string, Row>> = {
  'an APK as it should be': ['app.apk', apk, undefined],
  'an APK without code': ['split.apk', zipOf({ 'AndroidManifest.xml': manifest }), undefined],
  'an APK that is cut off': ['app.apk', apk.subarray(0, -100), /without a directory/],
  'an APK of which half is there': ['app.apk', apk.subarray(0, apk.length / 2), /without a directory/],
  'an archive of which only the first header is there': ['app', Buffer.from('PK\x03\x04'), /ZIP that cannot be unpacked/],
  'a directory that ends before its count': ['app.apk', damagedDirectory(), /its end says that there are/],
  'a page of an error, named as a package': ['app.aab', Buffer.from('<html>404</html>'), /its content is none/],
  'an archive of anything, named as a package': ['app.ipa', zipOf({ 'a.txt': 'a' }), /its content is none/],
  'an archive of anything': ['app.zip', zipOf({ 'a.txt': 'a' }), undefined],
  'a JAR that holds no class': ['lib.jar', zipOf({ 'a.txt': 'a' }), undefined],
  'a JAR that is none': ['lib.jar', Buffer.from('<html>404</html>'), /its content is none/],
  'any other file': ['client.pem', Buffer.from('hello'), undefined],
  'an empty file': ['client.pem', Buffer.alloc(0), /is empty/],
  'an archive that is not unpacked here': ['app', Buffer.from('7z\xbc\xaf\x27\x1c 0123456789', 'latin1'), /^app: 7-Zip/],
  'a manifest that is cut off': ['app.apk', zipOf({ 'AndroidManifest.xml': manifest.subarray(0, -40), 'classes.dex': dex }), /^AndroidManifest\.xml: .*shorter than it says/],
  'a manifest of bytes': ['app.apk', zipOf({ 'AndroidManifest.xml': Buffer.alloc(64, 7), 'classes.dex': dex }), /^AndroidManifest\.xml: it is not binary XML/],
  'code that is cut off': ['app.apk', zipOf({ 'AndroidManifest.xml': manifest, 'classes.dex': dex.subarray(0, 120) }), /^classes\.dex: of the table of/],
  'code that is none': ['app.apk', zipOf({ 'AndroidManifest.xml': manifest, 'classes2.dex': Buffer.alloc(64, 7) }), /^classes2\.dex: it is not DEX/],
  'a file that Android loads no code from': ['app.apk', zipOf({ 'AndroidManifest.xml': manifest, 'classes0.dex': Buffer.alloc(64, 7) }), undefined],
  'code whose bytes are not there': ['app.apk', makeZip([{ name: 'AndroidManifest.xml', bytes: manifest }, { name: 'classes.dex', bytes: dex, says: { compressedBytes: 40, bytes: dex.length } }]), /^classes\.dex: /],
  'an asset whose bytes are not there': ['app.apk', makeZip([{ name: 'AndroidManifest.xml', bytes: manifest }, { name: 'assets/a', bytes: dex, says: { compressedBytes: 40, bytes: dex.length } }]), undefined],
  'an APK of APKS that is cut off': ['app.apks', zipOf({ 'toc.pb': '', 'splits/base.apk': apk, 'splits/b.apk': apk.subarray(0, -100) }), /^splits\/b\.apk: an archive without a directory/],
  'an APK of APKS that is none': ['app.apks', zipOf({ 'toc.pb': '', 'splits/base.apk': apk, 'splits/b.apk': 'none' }), /^splits\/b\.apk: it is not an archive/],
  'an AAR without code': ['lib.aar', zipOf({ 'AndroidManifest.xml': textManifest }), undefined],
  'an AAR whose code is none': ['lib.aar', zipOf({ 'AndroidManifest.xml': textManifest, 'classes.jar': 'none' }), /^classes\.jar: /],
  'an AAB whose manifest is none': ['app.aab', zipOf({ 'BundleConfig.pb': '', 'base/manifest/AndroidManifest.xml': 'none' }), /^base\/manifest\/AndroidManifest\.xml: it is not protobuf XML/],
  'an IPA as it should be': ['app.ipa', ipaOf(plist('Bank'), program), undefined],
  'an IPA whose program is none': ['app.ipa', ipaOf(plist('Bank'), Buffer.from('#!/bin/sh')), /^Payload\/Bank\.app\/Bank: .*no Mach-O/],
  'an IPA whose program is cut off': ['app.ipa', ipaOf(plist('Bank'), program.subarray(0, 60)), /^Payload\/Bank\.app\/Bank: /],
  'an IPA whose list is damaged': ['app.ipa', ipaOf(plist('Bank').slice(0, -30), program), /^Payload\/Bank\.app\/Info\.plist: property list/],
  'a library that is cut off': ['lib.so', Buffer.from('7f454c460901010000', 'hex'), /^lib\.so: /],
} // biome-ignore format: a table

let folder: string
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'essential-'))
})
after(() => rm(folder, { recursive: true }))

describe('whether a package could be read', () => {
  for (const [name, [file, bytes, expected]] of Object.entries(rows)) {
    test(`${name}: ${expected === undefined ? 'yes' : 'no'}`, async () => {
      const { unread, notChecked } = await scanned(file, bytes)
      const lines = unread.map((line) => `${line.path}: ${line.why}`)
      if (expected === undefined) assert.deepEqual(lines, [])
      else
        assert.ok(
          lines.some((line) => expected.test(line)),
          lines.join('\n'),
        )
      // Whoever only knows the ledger is told as well.
      for (const { path } of unread)
        assert.ok(
          notChecked.some((line) => line.path === path),
          path,
        )
    })
  }

  test('a folder without a file: no', async () => {
    const empty = path.join(folder, 'empty')
    await mkdir(empty)
    assert.match((await scanAt(empty)).unread[0]?.why ?? '', /no file in it/)
  })

  test('a package that there was no time for: no', async () => {
    const file = path.join(folder, 'late.apk')
    await writeFile(file, apk)
    const { unread } = await scan(file, {
      ...settings,
      limits: { ...defaultLimits, milliseconds: -1 },
    })
    assert.match(unread[0]?.why ?? '', /time for the scan was over/)
  })

  test('every format says so, and that nothing was found says nothing', async () => {
    const result = await scanned('app.apk', apk.subarray(0, -100))
    const asking = { failOn: 'never', asked: rules, now: 0 } as const
    const { reports } = makeReports([{ file: 'app.apk', result }], asking)
    const rendered = (format: ReportFormat) => renderReports(format, reports)
    assert.match(rendered('text'), /app\.apk could not be read: app\.apk: an archive without/)
    assert.match(rendered('html'), /<span class="verdict unread">Could not be read</)
    assert.match(rendered('junit'), /errors="1"[^]*<error message="The package could not be read">/)
    const json = JSON.parse(rendered('json')) as { unread: unknown }
    assert.deepEqual(json.unread, result.unread)
    type Notification = { level: string; message: { text: string } }
    type Invocation = { executionSuccessful: boolean; toolExecutionNotifications: Notification[] }
    const sarif = JSON.parse(rendered('sarif')) as { runs: { invocations: Invocation[] }[] }
    const [invocation] = sarif.runs[0]?.invocations ?? []
    assert.equal(invocation?.executionSuccessful, false)
    assert.equal(invocation.toolExecutionNotifications[0]?.level, 'error')
  })
})

const settings = { submittedAt: new Date(), releaseWindowDays: 60, limits: defaultLimits }

function scanAt(file: string): Promise<ScanResult> {
  return scan(file, settings)
}

async function scanned(name: string, bytes: Buffer): Promise<ScanResult> {
  const own = await mkdtemp(path.join(folder, 'one-'))
  await writeFile(path.join(own, name), bytes)
  return scanAt(path.join(own, name))
}

function zipOf(files: Record<string, string | Buffer>): Buffer {
  return makeZip(Object.entries(files).map(([name, bytes]) => ({ name, bytes })))
}

function ipaOf(list: string, binary: Buffer): Buffer {
  return zipOf({ 'Payload/Bank.app/Info.plist': list, 'Payload/Bank.app/Bank': binary })
}

/** Three records, of which the second is none. */
function damagedDirectory(): Buffer {
  const bytes = zipOf({ 'AndroidManifest.xml': manifest, 'classes.dex': dex, 'res/a': 'a' })
  const first = bytes.indexOf('PK\x01\x02', 'latin1')
  bytes.write('XX', bytes.indexOf('PK\x01\x02', first + 4, 'latin1'), 'latin1')
  return bytes
}
