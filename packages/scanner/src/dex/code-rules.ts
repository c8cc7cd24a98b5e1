// A pure table: the rules that are told by code. Two more are shared with those of the manifest, and stand there.
import type { Rule } from '../rule.ts'

export const codeRules = {
  'tls-validation-disabled': {
    title: 'Certificates of servers are not checked',
    severity: 'high',
    meaning:
      'TLS without a check of who is at the other end keeps out nobody who stands on the way: in the same café, at the provider, behind a changed DNS answer.',
    fix: 'Take the class out and let the platform check. For a test server, trust its CA under debug-overrides of the network security configuration; for a private CA, name it there.',
    masvs: ['MASVS-NETWORK-1'],
    maswe: [{ id: 'MASWE-0027', betaIds: ['MASWE-0052'] }],
    mastg: {
      android: ['MASTG-TEST-0282', 'MASTG-TEST-0283', 'MASTG-TEST-0284'],
      ios: ['MASTG-TEST-0396', 'MASTG-TEST-0397'],
    },
    cwe: [295, 297],
    top10: ['M5'],
  },
  'world-readable-file': {
    title: 'A file of the app is open to all apps',
    severity: 'medium',
    platform: 'android',
    meaning: 'Any other app on the device can read it, or write it, without a permission.',
    fix: 'Use MODE_PRIVATE, and a FileProvider with a grant for what others shall see.',
    masvs: ['MASVS-STORAGE-1'],
    maswe: [{ id: 'MASWE-0001', betaIds: ['MASWE-0002'] }],
    mastg: { android: [], ios: [] },
    cwe: [276, 732],
    top10: ['M9'],
  },
  'plain-preferences-secret': {
    title: 'A secret is kept in SharedPreferences',
    severity: 'low',
    platform: 'android',
    meaning:
      'Preferences are a plain file in the app’s data. Backups, a rooted device, and any fault that lets files be read, give it away.',
    fix: 'Keep a key in Android Keystore and seal the value with it; better, keep no long-lived secret: bind tokens to a key of the device.',
    masvs: ['MASVS-STORAGE-1'],
    maswe: [{ id: 'MASWE-0001', betaIds: ['MASWE-0006'] }],
    mastg: { android: ['MASTG-TEST-0287'], ios: [] },
    cwe: [312],
    top10: ['M9'],
  },
  'secret-logged': {
    title: 'A secret is written to the log',
    severity: 'medium',
    platform: 'android',
    meaning: 'Logs go into bug reports and crash reports, and are read over USB.',
    fix: 'Take the value out of the message. Removing Log calls from release builds (R8 -assumenosideeffects) helps as well, and does not replace that.',
    masvs: ['MASVS-STORAGE-2'],
    maswe: [{ id: 'MASWE-0005', betaIds: ['MASWE-0001'] }],
    mastg: { android: ['MASTG-TEST-0231'], ios: [] },
    cwe: [532],
    top10: ['M9'],
  },
} as const satisfies Record<string, Rule>
