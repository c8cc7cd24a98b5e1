// A pure table: rules about what packages of iOS declare, and the names that their programs use.
import type { Rule } from '../rule.ts'

export const iosRules = {
  'ats-weakened': {
    title: 'App Transport Security is turned off, or weakened',
    severity: 'medium',
    platform: 'ios',
    meaning:
      'App Transport Security refuses connections without TLS, and TLS that is out of date. Where it is off, whoever is on the path may read and change what the app sends and receives.',
    fix: 'Take the exception out of NSAppTransportSecurity, and make the server do better. What is left, name by its host in NSExceptionDomains.',
    masvs: ['MASVS-NETWORK-1'],
    maswe: [{ id: 'MASWE-0026', betaIds: ['MASWE-0050', 'MASWE-0037', 'MASWE-0048'] }],
    mastg: { android: [], ios: ['MASTG-TEST-0322', 'MASTG-TEST-0342'] },
    cwe: [319],
    top10: ['M5'],
  },
  'debug-provisioning': {
    title: 'The package is provisioned for development or tests',
    severity: 'medium',
    platform: 'ios',
    meaning:
      'It is not the build that goes to the store: it runs on listed devices only, and may be open to a debugger. What was found in it may differ from what ships.',
    fix: 'Export the archive for App Store Connect, and scan that package.',
    masvs: ['MASVS-RESILIENCE-4'],
    maswe: [{ id: 'MASWE-0063', betaIds: ['MASWE-0067', 'MASWE-0074'] }],
    mastg: { android: [], ios: ['MASTG-TEST-0261'] },
    cwe: [489],
    top10: ['M8'],
  },
  'keychain-always-accessible': {
    title: 'Items of the keychain are open while the device is locked',
    severity: 'medium',
    platform: 'ios',
    meaning:
      'kSecAttrAccessibleAlways, deprecated since iOS 12, keeps an item readable from the start of the device on: whoever takes it needs no passcode, only a way to run code.',
    fix: 'Use kSecAttrAccessibleWhenUnlockedThisDeviceOnly, or kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly for work in the background.',
    masvs: ['MASVS-STORAGE-1', 'MASVS-CRYPTO-2'],
    maswe: [
      { id: 'MASWE-0016', betaIds: ['MASWE-0018'] },
      { id: 'MASWE-0001', betaIds: ['MASWE-0002'] },
    ],
    mastg: { android: [], ios: [] },
    cwe: [522, 922],
    top10: ['M9'],
  },
  'file-protection-none': {
    title: 'Files are written without data protection',
    severity: 'medium',
    platform: 'ios',
    meaning:
      'Such files are sealed by a key of the device alone, and not by the passcode: they can be read from a device that was never unlocked.',
    fix: 'Leave the default (until first unlock), or use NSFileProtectionComplete for what is read in the foreground only.',
    masvs: ['MASVS-STORAGE-1'],
    maswe: [{ id: 'MASWE-0001', betaIds: ['MASWE-0006'] }],
    mastg: { android: [], ios: ['MASTG-TEST-0299'] },
    cwe: [311, 922],
    top10: ['M9'],
  },
} as const satisfies Record<string, Rule>
