import type { Finding } from '../../src/finding.ts'
import {
  makeReports,
  type ReportSettings,
  type ScannedFile,
} from '../../src/report/make-reports.ts'
import type { Report } from '../../src/report/report.ts'
import type { Rule } from '../../src/rule.ts'
import type { RuleId } from '../../src/rules.ts'
import type { ScanResult } from '../../src/scan.ts'

/** Rules of a table of its own, so that reports are held against files that no change of a real rule touches. */
export const sampleRules: Readonly<Record<string, Rule>> = {
  'client-identity': {
    title: 'A client certificate with its private key ships in the package',
    severity: 'critical',
    meaning: 'Everybody who downloads the app has this key.',
    fix: 'Take it out, revoke it, and enrol each device with a key of its own.',
    masvs: ['MASVS-STORAGE-1', 'MASVS-CRYPTO-2', 'MASVS-AUTH-1'],
    maswe: [
      { id: 'MASWE-0004', betaIds: ['MASWE-0005', 'MASWE-0013'] },
      { id: 'MASWE-0003', betaIds: ['MASWE-0014'] },
    ],
    mastg: { android: ['MASTG-TEST-0212'], ios: ['MASTG-TEST-0213', 'MASTG-TEST-0214'] },
    cwe: [321, 798],
    top10: ['M1', 'M9'],
  },
  'cleartext-traffic': {
    title: 'Traffic may go unencrypted',
    severity: 'high',
    meaning: 'Whoever is in the network reads and changes it.',
    fix: 'Allow it for no domain.',
    masvs: ['MASVS-NETWORK-1'],
    maswe: [{ id: 'MASWE-0026', betaIds: ['MASWE-0050'] }],
    mastg: { android: ['MASTG-TEST-0235'], ios: ['MASTG-TEST-0322'] },
    cwe: [319],
    top10: ['M5'],
  },
  'pin-backup-missing': {
    title: 'A pin set has one pin',
    severity: 'medium',
    meaning: 'A lost key locks every install out.',
    fix: 'Add the pin of a key that is kept offline.',
    masvs: ['MASVS-NETWORK-2'],
    maswe: [{ id: 'MASWE-0028', betaIds: ['MASWE-0047'] }],
    mastg: { android: ['MASTG-TEST-0242'], ios: ['MASTG-TEST-0385'] },
    cwe: [295],
    top10: ['M5'],
  },
  'backup-allowed': {
    title: 'Data of the app goes into backups',
    severity: 'low',
    meaning: 'Who has the backup has the data.',
    fix: 'Exclude what is sensitive.',
    masvs: ['MASVS-STORAGE-2'],
    maswe: [{ id: 'MASWE-0006', betaIds: ['MASWE-0004'] }],
    mastg: { android: ['MASTG-TEST-0262'], ios: ['MASTG-TEST-0215'] },
    cwe: [530],
    top10: ['M9'],
  },
  'known-public-key': {
    title: 'A key that everybody knows',
    severity: 'info',
    meaning: 'It is a constant of a public library.',
    fix: 'Nothing needs to be done.',
    masvs: ['MASVS-CRYPTO-2'],
    maswe: [],
    mastg: { android: [], ios: [] },
    cwe: [],
    top10: [],
  },
  'weak-tls-version': {
    title: 'Old versions of TLS are allowed',
    severity: 'medium',
    meaning: 'They can be broken.',
    fix: 'Allow TLS 1.2 and later alone.',
    masvs: ['MASVS-CRYPTO-1'],
    maswe: [],
    mastg: { android: [], ios: [] },
    cwe: [326],
    top10: ['M5'],
  },
  'debug-provisioning': {
    title: 'The profile is one of development',
    severity: 'high',
    platform: 'ios',
    meaning: 'A debugger can be attached.',
    fix: 'Sign with the profile of the store.',
    masvs: ['MASVS-RESILIENCE-4'],
    maswe: [{ id: 'MASWE-0063', betaIds: ['MASWE-0067'] }],
    mastg: { android: [], ios: ['MASTG-TEST-0261'] },
    cwe: [489],
    top10: ['M7'],
  },
}

/** What a hostile package would like to have in reports: markup, terminal escapes, marks of direction, line breaks. */
export const hostileName =
  'res/<script>alert(1)</script>&"\'\u001b[31m\u202etxt.exe\u0007\u009b2J\r\n::error:: ::stop-commands::x ##vso[task]=cmd|\u2028[a](http://evil)\ud800.txt'

type Sample = Omit<Finding, 'rule'> & { readonly rule: string; readonly fingerprint: string }

const samples: readonly Sample[] = [
  {
    rule: 'backup-allowed',
    confidence: 'certain',
    title: 'Everything is backed up: android:allowBackup is true, and no rules exclude anything',
    detail: 'The manifest says so itself.',
    locations: [{ path: 'AndroidManifest.xml', within: 'android:allowBackup' }],
    identity: 'allowBackup',
    fingerprint: '4'.repeat(32),
  },
  {
    rule: 'client-identity',
    confidence: 'certain',
    title: 'The key of CN=mobile-client ships in assets/client.p12',
    detail:
      'PKCS#12 with an RSA key of 2048 bits and its certificate (issuer CN=Example Bank Client CA, which is no public one; extended key usage clientAuth; until 2027-05-01). It opens with a string of classes.dex (“ch…25”, 10 characters, SHA-256 d1c5…). The public key of the certificate is that of the key. It is the same in every install.',
    locations: [
      { path: 'assets/client.p12', offset: 0 },
      ...Array.from({ length: 13 }, (_, index) => ({
        path: `res/raw/copy_${index}.bin`,
        offset: 64 * index,
        within: 'base64',
      })),
    ],
    identity: 'spki:9b0c',
    facts: {
      subject: 'CN=mobile-client',
      issuer: 'CN=Example Bank Client CA',
      notAfter: '2027-05-01',
      extendedKeyUsage: ['clientAuth'],
      isLocked: false,
      keyBits: 2048,
    },
    reproduce: [
      "unzip -p PACKAGE 'assets/client.p12' | openssl pkcs12 -nodes -passin 'pass:ch…25'",
    ],
    fingerprint: '1'.repeat(32),
  },
  {
    rule: 'cleartext-traffic',
    confidence: 'firm',
    title: 'Traffic to legacy.example.com may go unencrypted',
    detail: 'The network security configuration permits it for this domain.',
    fix: 'Serve legacy.example.com over TLS, and take the domain-config out.',
    locations: [{ path: 'res/xml/network_security_config.xml', within: 'domain-config[2]' }],
    identity: 'legacy.example.com',
    fingerprint: '2'.repeat(32),
  },
  {
    rule: 'pin-backup-missing',
    confidence: 'tentative',
    title: `One pin for ${hostileName}`,
    detail: `It stands in ${hostileName}.`,
    locations: [{ path: hostileName, offset: 7, within: hostileName }],
    identity: 'pins:example.com',
    facts: { [hostileName]: hostileName },
    reproduce: [`cat ${hostileName}`],
    fingerprint: '3'.repeat(32),
  },
  {
    rule: 'known-public-key',
    confidence: 'certain',
    title: 'The key of Netty’s OpenSsl class',
    detail: 'Its SPKI hash is in the table of keys that everybody knows.',
    locations: [{ path: 'classes.dex', offset: 1_048_576 }],
    identity: 'spki:netty',
    fingerprint: '5'.repeat(32),
  },
]

export const sampleResult: ScanResult = {
  app: {
    format: 'apk',
    platform: 'android',
    id: 'com.example.bank',
    version: '4.2.0',
    versionCode: '420',
    minSdk: '24',
    targetSdk: '35',
    sha256: 'ab'.repeat(32),
    bytes: 20_400_000,
  },
  findings: samples.map((sample) => ({
    severity: sampleRules[sample.rule]?.severity ?? 'info',
    fix: sampleRules[sample.rule]?.fix ?? '',
    ...sample,
    rule: sample.rule as RuleId,
  })),
  notChecked: [
    { path: 'lib/arm64-v8a/libapp.so', why: 'It is encrypted.' },
    { path: 'lib/x86_64/libapp.so', why: 'It is encrypted.' },
    { path: hostileName, why: 'It is truncated: 12 of 48 bytes are there.' },
    { path: '(and 7 more)', why: 'It is encrypted.' },
  ],
  unread: [],
  pins: [],
  durationMs: 812,
}

/** One report of every kind of content: what counts, what is known, what is suppressed, what changed. */
export function sampleReport(
  settings: Partial<ReportSettings> = {},
  more: Partial<ScannedFile> = {},
): Report {
  const { reports } = makeReports([{ file: 'app-release.apk', result: sampleResult, ...more }], {
    failOn: 'high',
    asked: sampleRules,
    now: Date.parse('2026-11-22T12:00:00Z'),
    ...settings,
  })
  return reports[0] as Report
}

/** The same, with something of each way to accept a finding. */
export function acceptedReport(): Report {
  const issued = [
    {
      thumbprint: 'OHxJz1HfJZH-cOZJPq7BYTezj8V0klpItQrjoRhzJZE',
      subject: 'CN=mobile-client',
      hasKey: true,
      deviceId: 'dev_0123456789',
      appId: 'bank',
      status: 'active',
      revoke: 'sallyport devices revoke dev_0123456789 --reason "it ships in the app"',
    },
  ]
  const settings: Partial<ReportSettings> = {
    baseline: new Set(['5'.repeat(32)]),
    suppressions: [
      {
        rule: 'cleartext-traffic',
        identity: 'legacy.example.com',
        reason: 'Read only, public data; moves in spring',
        owner: 'web team',
        expires: '2027-03-31',
      },
      {
        fingerprint: '4'.repeat(32),
        reason: 'Nothing sensitive is stored yet',
        owner: 'app team',
        expires: '2026-11-21',
      },
    ],
    older: {
      file: 'app-4.1.0.apk',
      findings: [
        ...['2', '3', '4', '5'].map((digit) => ({
          rule: 'backup-allowed',
          severity: 'low' as const,
          title: 'before',
          fingerprint: digit.repeat(32),
        })),
        {
          rule: 'debug-provisioning',
          severity: 'high',
          title: 'The profile is one of development',
          fingerprint: '6'.repeat(32),
        },
      ],
    },
  }
  return sampleReport(settings, { issued })
}
