import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { deflateSync } from 'node:zlib'
import { defaultLimits, scan } from '../src/index.ts'
import { makeZip } from './make-zip.ts'
import { processorMs } from './processor-time.ts'

const fixtures = path.join(import.meta.dirname, '../../test')

async function scanned(bytes: Buffer | string) {
  const folder = await mkdtemp(path.join(tmpdir(), 'hostile-content-'))
  try {
    const file = path.join(folder, 'package')
    await writeFile(file, bytes)
    const limits = { ...defaultLimits, unlockEachMilliseconds: 20, unlockAllMilliseconds: 50 }
    const before = processorMs()
    const report = await scan(file, { submittedAt: new Date(), releaseWindowDays: 60, limits })
    return { ...report, tookMs: processorMs() - before }
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Several times what it takes; a square takes minutes. */
const enough = 8_000

test('the words of a service account, a quarter of a million times, cost no square', async () => {
  const { tookMs } = await scanned('service_account.'.repeat(250_000))
  assert.ok(tookMs < enough, `${tookMs} ms`)
})

test('a service account is found where its words stand around it many times', async () => {
  const key = 'Qx7'.repeat(400)
  const json = `{"type": "service_account", "private_key": "-----BEGIN PRIVATE KEY-----\\n${key}\\n-----END PRIVATE KEY-----\\n", "client_email": "app@bank.iam.gserviceaccount.com"}`
  const noise = '"service_account" x@.gserviceaccount.com '.repeat(2_000)
  const { findings } = await scanned(`${noise}${' '.repeat(4_000)}${json}\n${noise}`)
  const found = findings.find(({ title }) => title.includes('service account'))
  assert.match(found?.detail ?? '', /key of app@bank\.iam\.gserviceaccount\.com/)
})

test('bombs within base64 are not unpacked for nothing', async () => {
  const bomb = deflateSync(Buffer.alloc(8 * 1024 ** 2)).toString('base64')
  const { tookMs } = await scanned(`${bomb}\n`.repeat(1_500))
  assert.ok(tookMs < enough, `${tookMs} ms`)
})

test('bombs that begin like text count for what they unpack to, and a line says so', async () => {
  const text = Buffer.alloc(9 * 1024 ** 2, 'a text that goes on ')
  const bomb = deflateSync(text).toString('base64')
  const { notChecked } = await scanned(`${bomb}\n`.repeat(20))
  assert.match(notChecked.map(({ why }) => why).join(), /of encoded values: the rest stayed/)
})

test('a key behind two hundred thousand names of its members is found', async () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const jwk = JSON.stringify(privateKey.export({ format: 'jwk' }))
  const { findings } = await scanned(`${'"kty"= '.repeat(200_000)}\n${jwk}`)
  assert.deepEqual(
    findings.map(({ rule }) => rule),
    ['private-key'],
  )
})

test('an empty file is not passed over as clean', async () => {
  const { notChecked } = await scanned('')
  assert.match(notChecked[0]?.why ?? '', /empty/)
})

/** Whatever of these is broken, the package is judged, and what is told is told in our words. */
const broken: Readonly<Record<string, readonly string[]>> = {
  'AndroidManifest.xml': ['fixtures/android/apk/AndroidManifest.xml'],
  'resources.arsc': ['fixtures/android/apk/resources.arsc'],
  'base/manifest/AndroidManifest.xml': [
    'fixtures/android/bundle/base/manifest/AndroidManifest.xml',
  ],
  'base/resources.pb': ['fixtures/android/bundle/base/resources.pb'],
  'classes.dex': ['dex/fixtures/tls.dex', 'dex/fixtures/others.dex'],
  'Payload/A.app/Info.plist': ['fixtures/ios/Info.binary.plist', 'fixtures/ios/Info.xml.plist'],
  'Payload/A.app/embedded.mobileprovision': ['fixtures/ios/development.mobileprovision'],
  'Payload/A.app/A': ['fixtures/mach-o/bank-arm64'],
  'lib/armeabi-v7a/a.so': ['fixtures/native/armv7.so', 'fixtures/native/mips.so'],
  'assets/index.android.bundle': ['fixtures/hermes/bundle-62.hbc', 'fixtures/hermes/bundle-99.hbc'],
  'assets/a.p12': ['fixtures/keys/own-modern.p12', 'fixtures/keys/own.bks'],
}

test('files that are cut, and files with bits turned, never end a scan', async () => {
  let state = 1
  const draw = (bound: number) => {
    state = (state * 1_103_515_245 + 12_345) & 0x7fff_ffff
    return state % bound
  }
  let scans = 0
  for (const [name, files] of Object.entries(broken)) {
    for (const file of files) {
      const whole = await readFile(path.join(fixtures, file))
      const forms = Array.from({ length: 12 }, (_, index) => {
        if (index % 2 === 0) return whole.subarray(0, draw(whole.length))
        const turned = Buffer.from(whole)
        turned.writeUInt32LE(draw(2) === 0 ? 0xffff_fff0 : 0x8000_0000, draw(whole.length - 4) & ~3)
        return turned
      })
      // All forms in one package: what breaks on one must leave the others.
      const entries = forms.map((bytes, index) => ({
        name: index === 0 ? name : `${index}/${name}`,
        bytes,
      }))
      const { notChecked } = await scanned(makeZip(entries))
      scans += 1
      for (const { path: at, why } of notChecked) {
        assert.doesNotMatch(why, /TypeError|ReferenceError|Maximum call stack|judging what/, at)
      }
    }
  }
  assert.equal(scans, Object.values(broken).flat().length)
})
