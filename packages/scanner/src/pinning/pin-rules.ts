// A pure table: rules about pins, whoever enforces them.
import type { Rule } from '../rule.ts'

const pinningWeakness = [{ id: 'MASWE-0028', betaIds: ['MASWE-0047'] }]
const pinningTests = { android: ['MASTG-TEST-0242'], ios: ['MASTG-TEST-0385'] }

export const pinRules = {
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
} as const satisfies Record<string, Rule>
