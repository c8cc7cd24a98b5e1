import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noFacts } from '../../src/facts.ts'
import { defaultLimits } from '../../src/index.ts'
import { transportSecurity } from '../../src/ios/judges/transport-security.ts'
import { propertyListReader } from '../../src/plist/property-list.ts'
import { readWith } from '../collect.ts'

/** Titles of what is said of an Info.plist with these entries. */
async function titlesOf(entries: string, packageType = 'APPL'): Promise<string[]> {
  const list = `<plist><dict><key>CFBundleIdentifier</key><string>a.b</string>
    <key>CFBundlePackageType</key><string>${packageType}</string>${entries}</dict></plist>`
  const { facts } = await readWith(propertyListReader, Buffer.from(list), 'Info.plist')
  const settings = { submittedAt: new Date(), releaseWindowDays: 60, limits: defaultLimits }
  const app = { format: 'ipa', platform: 'ios', bytes: 0 } as const
  const given = { ...noFacts(), bundles: facts.bundles }
  return [...transportSecurity(given, { app, settings })].map(({ title }) => title)
}

const sdk = (name: string) => `<key>DTSDKName</key><string>${name}</string>`
const notInForce = ['App Transport Security is not in force']

test('an app of an SDK before that of iOS 9 is not held by App Transport Security', async () => {
  for (const name of ['iphoneos4.3', 'iphoneos8.4', 'iphonesimulator5.0']) {
    assert.deepEqual(await titlesOf(sdk(name)), notInForce, name)
  }
})

test('one of a later SDK is, and so may be one that does not say', async () => {
  for (const name of ['iphoneos9.0', 'iphoneos18.2', 'macosx10.9', 'appletvos9.0', 'iphoneos']) {
    assert.deepEqual(await titlesOf(sdk(name)), [], name)
  }
  assert.deepEqual(await titlesOf(''), [])
})

test('what the SDK of a framework was says nothing of the app that loads it', async () => {
  assert.deepEqual(await titlesOf(sdk('iphoneos8.0'), 'FMWK'), [])
})
