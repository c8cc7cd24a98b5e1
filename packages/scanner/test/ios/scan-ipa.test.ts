import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { defaultLimits, type ReportedFinding, scan, type ScanResult } from '../../src/index.ts'
import { fixture } from '../collect.ts'
import { makeZip } from '../make-zip.ts'
import { encrypted, signed } from '../native/make-mach-o.ts'

const program = fixture('mach-o/bank-arm64')
const submittedAt = new Date('2026-11-22T00:00:00Z')

async function scanned(files: Readonly<Record<string, Buffer | string>>): Promise<ScanResult> {
  const folder = await mkdtemp(path.join(tmpdir(), 'scan-ipa-'))
  try {
    const file = path.join(folder, 'bank.ipa')
    const entries = Object.entries(files).map(([name, bytes]) => ({
      name: `Payload/Bank.app/${name}`,
      bytes,
    }))
    await writeFile(file, makeZip(entries))
    return await scan(file, { submittedAt, releaseWindowDays: 60, limits: defaultLimits })
  } finally {
    await rm(folder, { recursive: true })
  }
}

const infoPlist = fixture('ios/Info.binary.plist')

/** Rule, severity, confidence and title of each finding of these rules. */
function told(findings: readonly ReportedFinding[], ...rules: string[]): string[] {
  return findings
    .filter(({ rule }) => rules.includes(rule))
    .map(({ rule, severity, confidence, title }) => `${rule} ${severity} ${confidence}: ${title}`)
    .toSorted()
}

test('an IPA is known by its Info.plist, and its transport security is judged', async () => {
  const { app, findings, notChecked } = await scanned({ 'Info.plist': infoPlist })
  assert.equal(app.format, 'ipa')
  assert.deepEqual(
    [app.platform, app.id, app.version, app.versionCode, app.minSdk],
    ['ios', 'com.example.bank', '4.2.0', '4200', '15.0'],
  )
  assert.deepEqual(told(findings, 'ats-weakened', 'weak-tls-version'), [
    'ats-weakened high certain: App Transport Security is off for every host',
    'ats-weakened high certain: Connections without TLS are allowed to legacy.example.com and its subdomains',
    'weak-tls-version medium certain: TLSv1.0 is accepted of legacy.example.com and its subdomains',
  ])
  const everywhere = findings.find(({ title }) => title.includes('every host'))
  assert.match(everywhere?.detail ?? '', /still holds for api\.example\.com/)
  assert.deepEqual(notChecked, [])
})

test('pins of NSPinnedDomains and TrustKit are judged', async () => {
  const { findings } = await scanned({ 'Info.plist': infoPlist })
  assert.deepEqual(told(findings, 'pin-set-invalid', 'pin-set-expired', 'pin-backup-missing'), [
    'pin-backup-missing medium certain: api.example.com is pinned to one key, with none in reserve',
    'pin-backup-missing medium certain: pay.example.com is pinned to one key, with none in reserve',
    'pin-set-expired medium certain: The pins of pay.example.com expired on 2026-01-31',
    'pin-set-invalid high certain: A pin of pay.example.com is no SHA-256 of a public key',
  ])
})

test('TrustKit with one pin does not start, and a domain without a pin is none', async () => {
  const list = `<plist><dict><key>CFBundleIdentifier</key><string>com.example.bank</string>
    <key>NSAppTransportSecurity</key><dict><key>NSPinnedDomains</key><dict>
      <key>a.example.com</key><dict><key>NSPinnedLeafIdentities</key><array/></dict></dict></dict>
    <key>TSKConfiguration</key><dict><key>TSKPinnedDomains</key><dict>
      <key>b.example.com</key><dict><key>TSKPublicKeyHashes</key><array>
        <string>r/mIkG3eEpVdm+u/ko/cwxzOMo1bk4TyHIlByibiA5E=</string></array></dict>
      <key>c.example.com</key><dict><key>TSKEnforcePinning</key><false/></dict></dict></dict></dict></plist>`
  const { findings } = await scanned({ 'Info.plist': list })
  assert.deepEqual(told(findings, 'pin-set-invalid'), [
    'pin-set-invalid high certain: NSPinnedDomains names a.example.com without a pin',
    'pin-set-invalid high certain: TrustKit refuses to start: b.example.com has one pin',
  ])
})

test('keys of frameworks hold for no process, those of extensions do', async () => {
  const list = (type: string, id: string) => `<plist><dict>
    <key>CFBundleIdentifier</key><string>${id}</string>
    <key>CFBundlePackageType</key><string>${type}</string>
    <key>NSAppTransportSecurity</key><dict><key>NSAllowsArbitraryLoads</key><true/></dict></dict></plist>`
  const { findings } = await scanned({
    'Info.plist': list('APPL', 'com.example.bank').replace('Arbitrary', 'No'),
    'Frameworks/A.framework/Info.plist': list('FMWK', 'a.framework'),
    'PlugIns/B.appex/Info.plist': list('XPC!', 'com.example.bank.b'),
  })
  assert.deepEqual(
    findings.filter(({ rule }) => rule === 'ats-weakened').map(({ facts }) => facts?.['bundle']),
    ['com.example.bank.b'],
  )
})

test('a development profile that has ended, and a program that a debugger may open', async () => {
  const { findings } = await scanned({
    'Info.plist': infoPlist,
    'embedded.mobileprovision': fixture('ios/development.mobileprovision'),
    Bank: signed(program, {
      xml: { 'get-task-allow': false },
      der: {
        'get-task-allow': true,
        'com.apple.developer.default-data-protection': 'NSFileProtectionNone',
      },
    }),
  })
  assert.deepEqual(told(findings, 'debug-provisioning', 'debuggable', 'client-identity'), [
    'debug-provisioning high certain: The package is provisioned for development',
    'debug-provisioning medium certain: The provisioning profile ended on 2026-06-30',
    'debuggable high certain: The app was signed so that a debugger may attach',
  ])
  assert.deepEqual(told(findings, 'file-protection-none'), [
    'file-protection-none medium certain: Files of the app are without data protection by default',
    'file-protection-none medium tentative: Bank uses NSFileProtectionNone',
  ])
})

test('names that a program uses are judged as far as names go', async () => {
  const { findings } = await scanned({ 'Info.plist': infoPlist, Bank: program })
  assert.deepEqual(
    told(findings, 'keychain-always-accessible', 'tls-validation-disabled', 'debuggable'),
    [
      'keychain-always-accessible medium firm: Bank uses kSecAttrAccessibleAlways',
      'tls-validation-disabled high firm: Bank accepts servers without asking the platform whether to trust them',
      'tls-validation-disabled high firm: Bank uses setAllowsAnyHTTPSCertificate:forHost:',
    ],
  )
})

test('what is encrypted is no reason for a finding, and is told of', async () => {
  const { findings, notChecked } = await scanned({
    'Info.plist': infoPlist,
    Bank: encrypted(program),
  })
  assert.deepEqual(told(findings, 'tls-validation-disabled'), [])
  assert.deepEqual(
    notChecked.map(({ path: at }) => at),
    ['Payload/Bank.app/Bank'],
  )
})
