// A pure table: rules about what Android packages declare. Those without a platform others tell as well: property
// lists of iOS, code, and addresses.
import type { Rule } from '../rule.ts'

const cleartextWeakness = [
  { id: 'MASWE-0026', betaIds: ['MASWE-0050', 'MASWE-0037', 'MASWE-0048'] },
]
const trustWeakness = [{ id: 'MASWE-0027', betaIds: ['MASWE-0052'] }]

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
