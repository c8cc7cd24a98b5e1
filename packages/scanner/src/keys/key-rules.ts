// A pure table: rules about keys, keystores and certificates that lie in the package.
import type { Rule } from '../rule.ts'

const hardcodedKey = { id: 'MASWE-0004', betaIds: ['MASWE-0005', 'MASWE-0013'] }
const unprotectedKey = { id: 'MASWE-0003', betaIds: ['MASWE-0014'] }
const hardcodedKeyTests = {
  android: ['MASTG-TEST-0212'],
  ios: ['MASTG-TEST-0213', 'MASTG-TEST-0214'],
}

export const keyRules = {
  'client-identity': {
    title: 'A client certificate with its private key ships in the package',
    severity: 'critical',
    meaning:
      'Everybody who downloads the app has this key. A server that believes the certificate believes all of them, and revoking it locks out every install.',
    fix: 'Take it out, revoke it, and enrol each device with a key of its own, made in its hardware.',
    masvs: ['MASVS-STORAGE-1', 'MASVS-CRYPTO-2', 'MASVS-AUTH-1'],
    maswe: [hardcodedKey, unprotectedKey],
    mastg: hardcodedKeyTests,
    cwe: [321, 798],
    top10: ['M1', 'M9'],
  },
  'private-key': {
    title: 'A private key ships in the package',
    severity: 'high',
    meaning:
      'Everybody who downloads the app has this key: whatever it signs, opens or stands for is no longer its owner’s alone.',
    fix: 'Take it out, and stop believing it wherever it is believed. Keys of a device are made on the device.',
    masvs: ['MASVS-STORAGE-1', 'MASVS-CRYPTO-2'],
    maswe: [hardcodedKey, unprotectedKey],
    mastg: hardcodedKeyTests,
    cwe: [321, 798],
    top10: ['M1', 'M9'],
  },
  'locked-keystore': {
    title: 'A keystore that was not unlocked ships in the package',
    severity: 'medium',
    meaning:
      'The app opens it at run time, so its password is in the app, comes from a server, or is asked of the user. The first two keep nobody out.',
    fix: 'Take keys out of the package. A store of trusted certificates alone needs no password: ship the certificates.',
    masvs: ['MASVS-STORAGE-1', 'MASVS-CRYPTO-2'],
    maswe: [hardcodedKey, unprotectedKey],
    mastg: hardcodedKeyTests,
    cwe: [321],
    top10: ['M1', 'M9'],
  },
  'known-public-key': {
    title: 'A private key that is published ships in the package',
    severity: 'info',
    meaning:
      'It is a constant of a library, a test suite or a specification. Nothing of yours is lost; nothing may ever believe it.',
    fix: 'Nothing, unless something of yours believes this key: then stop that.',
    masvs: ['MASVS-CRYPTO-2'],
    maswe: [hardcodedKey],
    mastg: hardcodedKeyTests,
    cwe: [321],
    top10: ['M1'],
  },
  'embedded-certificate': {
    title: 'A certificate ships in the package',
    severity: 'info',
    meaning:
      'Certificates are public. What the app pins or trusts with it stops working when it ends, and cannot be changed without an update.',
    fix: 'Know when it ends, and pin public keys with a backup rather than one certificate.',
    masvs: ['MASVS-NETWORK-2'],
    maswe: [{ id: 'MASWE-0028', betaIds: ['MASWE-0047'] }],
    mastg: { android: [], ios: [] },
    cwe: [295],
    top10: ['M5'],
  },
  'weak-key': {
    title: 'A key in the package is too short',
    severity: 'medium',
    meaning:
      'It gives less than 112 bits of strength: signatures of it can be forged at a cost that some can pay.',
    fix: 'Replace it: RSA of 3072 bits, or EC on P-256.',
    masvs: ['MASVS-CRYPTO-2'],
    maswe: [{ id: 'MASWE-0013', betaIds: ['MASWE-0009'] }],
    mastg: { android: ['MASTG-TEST-0208'], ios: ['MASTG-TEST-0209'] },
    cwe: [326],
    top10: ['M10'],
  },
} as const satisfies Record<string, Rule>
