import assert from 'node:assert/strict'
import { test } from 'node:test'
import { propertyListReader } from '../../src/plist/property-list.ts'
import { fixture, readWith } from '../collect.ts'

/** Facts of an Info.plist whose NSAppTransportSecurity holds this. */
async function withTransport(inner: string) {
  const list = `<plist><dict><key>CFBundleIdentifier</key><string>a.b</string>
    <key>NSAppTransportSecurity</key><dict>${inner}</dict></dict></plist>`
  const { facts } = await readWith(propertyListReader, Buffer.from(list), 'Info.plist')
  return { transport: facts.bundles[0]?.transportSecurity, pins: facts.pins }
}

for (const form of ['xml', 'binary']) {
  test(`an Info.plist (${form}) says what app it is of, and its pins`, async () => {
    const bytes = fixture(`ios/Info.${form}.plist`)
    const { facts } = await readWith(propertyListReader, bytes, 'Payload/Bank.app/Info.plist')
    const [bundle] = facts.bundles
    const { transportSecurity, ...named } = bundle!
    assert.deepEqual(named, {
      id: 'com.example.bank',
      version: '4.2.0',
      build: '4200',
      minimumOs: '15.0',
      packageType: 'APPL',
      executable: 'Bank',
      location: { path: 'Payload/Bank.app/Info.plist' },
    })
    assert.deepEqual(facts.appIdentities, [
      {
        platform: 'ios',
        path: 'Payload/Bank.app/Info.plist',
        id: 'com.example.bank',
        version: '4.2.0',
        versionCode: '4200',
        minSdk: '15.0',
      },
    ])
    assert.equal(transportSecurity?.allowsCleartext, true)
    assert.deepEqual(transportSecurity?.exceptions, [
      {
        domain: 'legacy.example.com',
        includesSubdomains: true,
        allowsCleartext: true,
        minimumTls: 'TLSv1.0',
        requiresForwardSecrecy: false,
      },
      {
        domain: 'api.example.com',
        includesSubdomains: false,
        allowsCleartext: false,
        requiresForwardSecrecy: true,
      },
    ])
    assert.deepEqual(
      facts.pins.map(({ location, ...pins }) => ({ ...pins, at: location.path })),
      [
        {
          source: 'ios-ats',
          host: 'api.example.com',
          includesSubdomains: true,
          role: 'ca',
          pins: ['r/mIkG3eEpVdm+u/ko/cwxzOMo1bk4TyHIlByibiA5E='],
          isEnforced: true,
          at: 'Payload/Bank.app/Info.plist',
        },
        {
          source: 'trustkit',
          host: 'pay.example.com',
          includesSubdomains: true,
          pins: ['r/mIkG3eEpVdm+u/ko/cwxzOMo1bk4TyHIlByibiA5E=', 'too short'],
          expiresAt: '2026-01-31',
          isEnforced: true,
          at: 'Payload/Bank.app/Info.plist',
        },
      ],
    )
  })
}

test('a narrower key turns arbitrary loads off, with whatever value', async () => {
  const arbitrary = '<key>NSAllowsArbitraryLoads</key><true/>'
  for (const key of ['LocalNetworking', 'ArbitraryLoadsForMedia', 'ArbitraryLoadsInWebContent']) {
    const { transport } = await withTransport(`${arbitrary}<key>NSAllows${key}</key><false/>`)
    assert.equal(transport?.allowsCleartext, false, key)
    assert.equal(transport?.isArbitraryLoadsIgnored, true)
  }
  assert.equal((await withTransport(arbitrary)).transport?.allowsCleartext, true)
})

test('exceptions are read by their older names too', async () => {
  const { transport } = await withTransport(`<key>NSExceptionDomains</key><dict><key>a.example</key>
    <dict><key>NSTemporaryExceptionAllowsInsecureHTTPLoads</key><true/>
    <key>NSThirdPartyExceptionMinimumTLSVersion</key><string>TLSv1.1</string></dict></dict>`)
  assert.equal(transport?.exceptions[0]?.allowsCleartext, true)
  assert.equal(transport?.exceptions[0]?.minimumTls, 'TLSv1.1')
})

test('pins of a framework are none: no process reads them', async () => {
  const list = (type: string) =>
    `<plist><dict><key>CFBundleIdentifier</key><string>a.b</string><key>CFBundlePackageType</key>
    <string>${type}</string><key>NSAppTransportSecurity</key><dict><key>NSPinnedDomains</key>
    <dict><key>a.example</key><dict/></dict></dict></dict></plist>`
  for (const [type, count] of [
    ['FMWK', 0],
    ['XPC!', 1],
  ] as const) {
    const { facts } = await readWith(propertyListReader, Buffer.from(list(type)))
    assert.equal(facts.pins.length, count, type)
  }
})

test('a pinned domain without a pin is told of as such', async () => {
  const { pins } = await withTransport(
    '<key>NSPinnedDomains</key><dict><key>a.example</key><dict/></dict>',
  )
  assert.deepEqual(pins[0]?.pins, [])
})
