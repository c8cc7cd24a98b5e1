import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { makeTar } from '../make-tar.ts'
import { makeZip } from '../make-zip.ts'
import { openedBytes } from '../opened.ts'

const binaryXml = Buffer.from('0300080000000000', 'hex')
const textXml = '<manifest xmlns:android="http://schemas.android.com/apk/res/android"/>'
const apk = zipOf({ 'AndroidManifest.xml': binaryXml, 'classes.dex': 'dex\n035\0' })

const rows: Record<string, readonly [Buffer, format: string, platform: string]> = {
  'an APK': [apk, 'apk', 'android'],
  'an APK whose manifest begins as no binary XML should': [
    zipOf({ 'AndroidManifest.xml': Buffer.alloc(64) }), 'apk', 'android',
  ],
  'an APK that is cut off': [apk.subarray(0, -40), 'apk', 'android'],
  'an AAR': [zipOf({ 'AndroidManifest.xml': textXml, 'classes.jar': '' }), 'aar', 'android'],
  'an AAB': [
    zipOf({ 'BundleConfig.pb': '', 'base/manifest/AndroidManifest.xml': '', 'base/dex/classes.dex': '' }), 'aab', 'android',
  ],
  'APKS of bundletool': [zipOf({ 'toc.pb': '', 'splits/base-master.apk': apk }), 'apks', 'android'],
  'APKS of others': [zipOf({ 'base.apk': apk, 'split_config.de.apk': apk }), 'apks', 'android'],
  XAPK: [zipOf({ 'manifest.json': '{}', 'icon.png': '', 'com.bank.apk': apk }), 'xapk', 'android'],
  APKM: [zipOf({ 'info.json': '{}', 'base.apk': apk }), 'apkm', 'android'],
  'files that are only called APK': [zipOf({ 'manifest.json': '{}', 'a.apk': 'no archive' }), 'zip', 'unknown'],
  'an IPA': [zipOf({ 'Payload/Bank.app/Info.plist': 'bplist00', 'Payload/Bank.app/Bank': '' }), 'ipa', 'ios'],
  'an app of iOS, archived': [zipOf({ 'Bank.app/Info.plist': 'bplist00' }), 'app', 'ios'],
  'an archive of Xcode': [zipOf({ 'Products/Applications/Bank.app/Info.plist': '' }), 'app', 'ios'],
  'a JAR': [zipOf({ 'META-INF/MANIFEST.MF': '' }), 'jar', 'unknown'],
  'classes without a manifest': [zipOf({ 'com/bank/Main.class': '' }), 'jar', 'unknown'],
  'any archive': [zipOf({ 'readme.txt': '' }), 'zip', 'unknown'],
  'an archive without files': [makeZip([]), 'zip', 'unknown'],
  'an ELF library': [Buffer.from('7f454c460201010000', 'hex'), 'so', 'android'],
  'a Mach-O library': [Buffer.from('cffaedfe0c000001', 'hex'), 'dylib', 'ios'],
  'a fat Mach-O library': [Buffer.from('cafebabe0000000200000000', 'hex'), 'dylib', 'ios'],
  'a Java class': [Buffer.from('cafebabe0000004100000000', 'hex'), 'file', 'unknown'],
  'a DEX file': [Buffer.from('dex\n035\0'), 'file', 'android'],
  'a compressed tar': [gzipSync(makeTar([{ name: 'a' }])), 'file', 'unknown'],
  text: [Buffer.from('hello'), 'file', 'unknown'],
  nothing: [Buffer.alloc(0), 'file', 'unknown'],
} // biome-ignore format: a table

for (const [name, [bytes, format, platform]] of Object.entries(rows)) {
  test(`${name} is told by its content: ${format}, ${platform}`, async () => {
    const { app } = await openedBytes(bytes)
    assert.deepEqual([app.format, app.platform], [format, platform])
  })
}

test('every split is read, each entry behind the path of its split', async () => {
  const splits = { 'toc.pb': '', 'splits/base-master.apk': apk, 'splits/base-xhdpi.apk': apk }
  assert.deepEqual([...(await openedBytes(zipOf(splits))).files.keys()], [
    'toc.pb',
    'splits/base-master.apk!/AndroidManifest.xml', 'splits/base-master.apk!/classes.dex',
    'splits/base-xhdpi.apk!/AndroidManifest.xml', 'splits/base-xhdpi.apk!/classes.dex',
  ]) // biome-ignore format: a list
})

function zipOf(files: Record<string, string | Buffer>): Buffer {
  return makeZip(Object.entries(files).map(([name, bytes]) => ({ name, bytes })))
}
