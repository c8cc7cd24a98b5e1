// A pure table: written apps, and what the judges say of each.
import type { WrittenApp } from './written-app.ts'

const app = 'com.example.bank'
const pin = (byte: number) =>
  `<pin digest="SHA-256">${Buffer.alloc(32, byte).toString('base64')}</pin>`
const forDomain = (host: string, inside: string, attributes = '') =>
  `<domain-config ${attributes}><domain includeSubdomains="true">${host}</domain>${inside}</domain-config>`
const anchors = (...sources: string[]) =>
  `<trust-anchors>${sources.map((source) => `<certificates ${source}/>`).join('')}</trust-anchors>`

export const judgedApps: readonly [name: string, app: WrittenApp, findings: readonly string[]][] = [
  ['nothing of a recent app without a word about its connections', {}, []],
  ['cleartext that target SDK 27 allows', { targetSdk: 27 }, [`cleartext-traffic high *`]],
  [
    'cleartext that the manifest allows',
    { application: 'android:usesCleartextTraffic="true"' },
    [`cleartext-traffic high *`],
  ],
  [
    'no cleartext that the manifest forbids below 28',
    { targetSdk: 27, application: 'android:usesCleartextTraffic="false"' },
    [],
  ],
  [
    'no word of the manifest where a configuration is read',
    { application: 'android:usesCleartextTraffic="true"', network: '' },
    [],
  ],
  [
    'cleartext of target SDK 27 where the configuration is silent, whatever the manifest says',
    { targetSdk: 27, network: '', application: 'android:usesCleartextTraffic="false"' },
    [`cleartext-traffic high *`],
  ],
  [
    'cleartext to one host, by how far it goes and whose it is',
    {
      network: [
        'bank.example.com',
        'other.example',
        'printer.local',
        '192.168.1.4',
        '10.0.2.2',
        'localhost',
      ]
        .map((host) => forDomain(host, '', 'cleartextTrafficPermitted="true"'))
        .join(''),
    },
    [
      `cleartext-traffic high bank.example.com`,
      `cleartext-traffic medium other.example`,
      `cleartext-traffic low printer.local`,
      `cleartext-traffic low 192.168.1.4`,
      `cleartext-traffic info 10.0.2.2`,
      `cleartext-traffic info localhost`,
    ],
  ],
  [
    'cleartext up to Android 8.1 that nobody forbids',
    { minSdk: 24 },
    [`cleartext-traffic low old platforms`],
  ],
  [
    'none up to Android 8.1 that somebody forbids',
    { minSdk: 24, network: '<base-config cleartextTrafficPermitted="false"/>' },
    [],
  ],
  [
    'what Android 6 does not read',
    { minSdk: 23, network: '<base-config cleartextTrafficPermitted="false"/>' },
    [`cleartext-traffic low old platforms`, `user-ca-trusted low old platforms`],
  ],
  [
    'authorities of users that target SDK 23 trusts',
    { targetSdk: 23, application: 'android:usesCleartextTraffic="false"' },
    [`user-ca-trusted high *`],
  ],
  [
    'authorities of users, for every host',
    { network: `<base-config>${anchors('src="system"', 'src="user"')}</base-config>` },
    [`user-ca-trusted high *`],
  ],
  [
    'authorities of users for one host, and less where pins hold against them',
    {
      network:
        forDomain('a.example', anchors('src="user"')) +
        forDomain('b.example', `${anchors('src="user"')}<pin-set>${pin(1)}${pin(2)}</pin-set>`) +
        forDomain(
          'c.example',
          `${anchors('src="user" overridePins="true"')}<pin-set>${pin(1)}${pin(2)}</pin-set>`,
        ),
    },
    [
      `user-ca-trusted high a.example`,
      `user-ca-trusted low b.example`,
      `user-ca-trusted high c.example`,
    ],
  ],
  [
    'no authorities of users that only debuggable builds trust',
    { network: `<debug-overrides>${anchors('src="user"')}</debug-overrides>` },
    [],
  ],
  [
    'a debuggable build, without the authorities that it trusts for that',
    {
      application: 'android:debuggable="true" android:allowBackup="false"',
      network: `<debug-overrides>${anchors('src="user"')}</debug-overrides>`,
    },
    [`debuggable high android:debuggable`],
  ],
  [
    'what overrides for debugging in a file of their own get wrong',
    {
      application: 'android:debuggable="true" android:allowBackup="false"',
      network: '',
      files: {
        'res/xml/network_debug.xml':
          '<network-security-config><debug-overrides><domain>a</domain></debug-overrides></network-security-config>',
      },
    },
    [
      `pin-set-invalid high <domain> is not allowed in <debug-overrides>`,
      `debuggable high android:debuggable`,
    ],
  ],
  [
    'pins that have expired, expire soon, and last',
    {
      network: ['2026-11-30', '2027-01-15', '2027-06-01']
        .map((date, index) =>
          forDomain(
            `${index}.example`,
            `<pin-set expiration="${date}">${pin(1)}${pin(2)}</pin-set>`,
          ),
        )
        .join(''),
    },
    ['pin-set-expired medium android-nsc 0.example', 'pin-set-expiring low android-nsc 1.example'],
  ],
  [
    'pins that end on the day of the submission, as those that have expired',
    {
      network: forDomain(
        'a.example',
        `<pin-set expiration="2026-12-1">${pin(1)}${pin(2)}</pin-set>`,
      ),
    },
    ['pin-set-expired medium android-nsc a.example'],
  ],
  [
    'one pin, or the same one twice, without a backup',
    {
      network:
        forDomain('a.example', `<pin-set>${pin(1)}</pin-set>`) +
        forDomain('b.example', `<pin-set>${pin(1)}${pin(1)}</pin-set>`),
    },
    [
      'pin-backup-missing medium android-nsc a.example',
      'pin-backup-missing medium android-nsc b.example',
    ],
  ],
  [
    'pins that the configuration switches off itself',
    {
      network: forDomain(
        'a.example',
        `${anchors('src="system" overridePins="true"')}<pin-set>${pin(1)}${pin(2)}</pin-set>`,
      ),
    },
    [`pinning-missing medium a.example overridePins`],
  ],
  [
    'a configuration that crashes the app',
    { network: forDomain('a.example', '<pin-set expiration="tomorrow"/>') },
    [`pin-set-invalid high the expiration "tomorrow" is no date of the form yyyy-MM-dd`],
  ],
  [
    'TLS 1.0 of platforms before Android 5',
    { minSdk: 19, application: 'android:allowBackup="false" android:usesCleartextTraffic="false"' },
    [`user-ca-trusted low old platforms`, `weak-tls-version low minSdk`],
  ],
  [
    'nothing of connections where the app may make none',
    {
      files: {
        'AndroidManifest.xml': `<manifest xmlns:android="http://schemas.android.com/apk/res/android" package="${app}">
          <uses-sdk android:minSdkVersion="16" android:targetSdkVersion="22"/></manifest>`,
      },
    },
    [],
  ],
  [
    'permissions to write to shared storage, by what they give',
    {
      targetSdk: 29,
      manifest: `<uses-permission android:name="android.permission.WRITE_EXTERNAL_STORAGE"/>
        <uses-permission android:name="android.permission.MANAGE_EXTERNAL_STORAGE"/>`,
    },
    [
      `external-storage-write medium android.permission.MANAGE_EXTERNAL_STORAGE`,
      `external-storage-write low android.permission.WRITE_EXTERNAL_STORAGE`,
    ],
  ],
  [
    'one that gives nothing any more',
    { manifest: '<uses-permission android:name="android.permission.WRITE_EXTERNAL_STORAGE"/>' },
    [`external-storage-write info android.permission.WRITE_EXTERNAL_STORAGE`],
  ],
  [
    'a provider of files that is exported',
    {
      components:
        '<provider android:name=".DocumentFileProvider" android:authorities="a" android:exported="true"/>',
    },
    [`exported-file-provider high ${app}.DocumentFileProvider`],
  ],
  [
    'none that asks for permissions, is switched off, or is of no files',
    {
      components: `<provider android:name=".AFileProvider" android:exported="true" android:permission="p"/>
        <provider android:name=".BFileProvider" android:exported="true" android:enabled="false"/>
        <provider android:name=".Settings" android:exported="true"/>
        <provider android:name=".CFileProvider"/>`,
    },
    [],
  ],
  [
    'a provider of files that says nothing, below target SDK 17',
    {
      targetSdk: 16,
      application: 'android:allowBackup="false" android:usesCleartextTraffic="false"',
      components: '<provider android:name=".CFileProvider"/>',
    },
    [`user-ca-trusted high *`, `exported-file-provider high ${app}.CFileProvider`],
  ],
  [
    'paths as wide as the file system, under a root of any name',
    {
      components: `<provider android:name="androidx.core.content.FileProvider" android:exported="false">
        <meta-data android:name="android.support.FILE_PROVIDER_PATHS" android:resource="@xml/files"/></provider>`,
      files: {
        'res/xml/files.xml':
          '<paths><root-path path=""/><files-path path="."/><external-path path="/"/><files-path path="shared"/></paths>',
      },
    },
    [
      `exported-file-provider medium androidx.core.content.FileProvider root-path`,
      `exported-file-provider low androidx.core.content.FileProvider files-path`,
      `exported-file-provider info androidx.core.content.FileProvider external-path`,
    ],
  ],
]
