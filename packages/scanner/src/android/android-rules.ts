// A pure table: rules about what Android packages declare.
import type { Rule } from '../rule.ts'

const cleartextWeakness = [
  { id: 'MASWE-0026', betaIds: ['MASWE-0050', 'MASWE-0037', 'MASWE-0048'] },
]
const trustWeakness = [{ id: 'MASWE-0027', betaIds: ['MASWE-0052'] }]
const pinningWeakness = [{ id: 'MASWE-0028', betaIds: ['MASWE-0047'] }]
const pinningTests = { android: ['MASTG-TEST-0242'], ios: ['MASTG-TEST-0385'] }

export const androidRules = {
  'cleartext-traffic': {
    title: 'Connections without TLS are allowed',
    severity: 'high',
    meaning:
      'Whoever is on the path reads and changes what the app sends and receives. Certificates and tokens protect nothing there.',
    fix: 'Forbid it: <base-config cleartextTrafficPermitted="false"> in a network security configuration, with a <domain-config> for the hosts that cannot do better yet.',
    masvs: ['MASVS-NETWORK-1'],
    maswe: cleartextWeakness,
    mastg: { android: ['MASTG-TEST-0235'], ios: ['MASTG-TEST-0322'] },
    cwe: [319],
    top10: ['M5'],
  },
  'user-ca-trusted': {
    title: 'Certificate authorities that users add are trusted',
    severity: 'high',
    platform: 'android',
    meaning:
      'Whoever gets one certificate onto the device, through a profile, a helper or a moment with it unlocked, can pose as your servers.',
    fix: 'Trust only <certificates src="system" />, and put src="user" under <debug-overrides>, where it counts in debuggable builds alone.',
    masvs: ['MASVS-NETWORK-1'],
    maswe: trustWeakness,
    mastg: { android: ['MASTG-TEST-0285', 'MASTG-TEST-0286'], ios: [] },
    cwe: [295],
    top10: ['M5'],
  },
  'pinning-missing': {
    title: 'Connections to your own hosts are not pinned',
    severity: 'low',
    meaning:
      'Any authority that the device trusts can issue a certificate for your hosts, and the app will believe it.',
    fix: 'Pin the keys of your hosts, with a backup key, where your threat model asks for it: sallyport pins init HOST.',
    masvs: ['MASVS-NETWORK-2'],
    maswe: pinningWeakness,
    mastg: pinningTests,
    cwe: [295],
    top10: ['M5'],
  },
  'pin-set-expired': {
    title: 'Pins have expired: nothing enforces them any more',
    severity: 'medium',
    meaning:
      'From its expiration day on the platform ignores a pin set without a word. The hosts are as if they had never been pinned.',
    fix: 'Give the pin set a later expiration and current pins: sallyport pins plan says when.',
    masvs: ['MASVS-NETWORK-2'],
    maswe: pinningWeakness,
    mastg: { android: ['MASTG-TEST-0243'], ios: [] },
    cwe: [295, 298],
    top10: ['M5'],
  },
  'pin-set-expiring': {
    title: 'Pins expire while this release is in use',
    severity: 'low',
    meaning:
      'From its expiration day on the platform ignores a pin set without a word, in every install that has not updated by then.',
    fix: 'Move the expiration beyond the time in which this release will be replaced.',
    masvs: ['MASVS-NETWORK-2'],
    maswe: pinningWeakness,
    mastg: { android: ['MASTG-TEST-0243'], ios: [] },
    cwe: [298],
    top10: ['M5'],
  },
  'pin-set-invalid': {
    title: 'The configuration of pins is not valid',
    severity: 'high',
    meaning:
      'Android throws at the first connection, and the app ends; other platforms refuse every connection, or pin nothing.',
    fix: 'Write the configuration with sallyport pins generate, and check it with sallyport pins check.',
    masvs: ['MASVS-NETWORK-2'],
    maswe: pinningWeakness,
    mastg: pinningTests,
    cwe: [295, 1188],
    top10: ['M5', 'M8'],
  },
  'pin-backup-missing': {
    title: 'A host is pinned to one key, with none in reserve',
    severity: 'medium',
    meaning:
      'When that key is lost, leaked, or changed by whoever issues the certificate, every install refuses to connect until it is updated.',
    fix: 'Add the pin of a key that is kept offline: sallyport pins backup.',
    masvs: ['MASVS-NETWORK-2'],
    maswe: pinningWeakness,
    mastg: pinningTests,
    cwe: [],
    top10: ['M5'],
  },
  'weak-tls-version': {
    title: 'Versions of TLS before 1.2 are accepted',
    severity: 'medium',
    meaning: 'TLS 1.0 and 1.1 have known weaknesses, and are forbidden by RFC 8996.',
    fix: 'Require TLS 1.2 or later everywhere; on the server too.',
    masvs: ['MASVS-NETWORK-1'],
    maswe: cleartextWeakness,
    mastg: {
      android: ['MASTG-TEST-0217'],
      ios: ['MASTG-TEST-0342', 'MASTG-TEST-0343', 'MASTG-TEST-0344'],
    },
    cwe: [326, 327],
    top10: ['M5'],
  },
  debuggable: {
    title: 'The app is debuggable',
    severity: 'high',
    meaning:
      'Anybody with the device can attach to the running app, read its memory and files, and use its keys. Stores refuse such builds.',
    fix: 'Ship the release variant: without android:debuggable, which the build sets for debug variants by itself.',
    masvs: ['MASVS-RESILIENCE-4'],
    maswe: [{ id: 'MASWE-0063', betaIds: ['MASWE-0067', 'MASWE-0074'] }],
    mastg: { android: ['MASTG-TEST-0226'], ios: ['MASTG-TEST-0261'] },
    cwe: [489],
    top10: ['M7', 'M8'],
  },
  'backup-allowed': {
    title: 'What the app stores is backed up',
    severity: 'low',
    platform: 'android',
    meaning:
      'Files and preferences leave the device, for the cloud or another phone. Tokens among them work there; keys of the hardware keystore do not.',
    fix: 'Exclude what is secret in android:dataExtractionRules (Android 12 and later) and android:fullBackupContent (before), or set android:allowBackup="false".',
    masvs: ['MASVS-STORAGE-2'],
    maswe: [{ id: 'MASWE-0006', betaIds: ['MASWE-0004', 'MASWE-0003'] }],
    mastg: { android: ['MASTG-TEST-0262'], ios: [] },
    cwe: [212, 530],
    top10: ['M9'],
  },
  'exported-file-provider': {
    title: 'Files of the app are open to other apps',
    severity: 'high',
    platform: 'android',
    meaning:
      'A provider of files hands out what is asked for by path. Exported, or with a path as wide as the file system, it hands out private files too.',
    fix: 'Set android:exported="false", grant access to single addresses, and list only the folders that are meant to be shared.',
    masvs: ['MASVS-PLATFORM-1', 'MASVS-STORAGE-2'],
    maswe: [
      { id: 'MASWE-0018', betaIds: ['MASWE-0064'] },
      { id: 'MASWE-0001', betaIds: ['MASWE-0002'] },
    ],
    mastg: { android: ['MASTG-TEST-0357'], ios: [] },
    cwe: [926, 732],
    top10: ['M8', 'M9'],
  },
  'external-storage-write': {
    title: 'The app may write where other apps can read',
    severity: 'low',
    platform: 'android',
    meaning:
      'Shared storage is readable by other apps with the permission, and by whoever takes the card or connects the phone.',
    fix: 'Keep what is private in internal storage, and drop the permission: sharing needs none since Android 10.',
    masvs: ['MASVS-STORAGE-1', 'MASVS-STORAGE-2'],
    maswe: [{ id: 'MASWE-0002', betaIds: ['MASWE-0007', 'MASWE-0002'] }],
    mastg: { android: ['MASTG-TEST-0202'], ios: [] },
    cwe: [921, 922],
    top10: ['M9'],
  },
} as const satisfies Record<string, Rule>
