import type { Rule } from '../rule.ts'

export const secretRules = {
  'hardcoded-secret': {
    title: 'A secret stands in the package',
    severity: 'high',
    meaning:
      'Everybody who downloads the app has it, and scanners read every release for such. Whoever accepts it cannot tell your app from anybody else.',
    fix: 'Revoke it, look whether it was used, and move what it opens behind a service of yours that knows the device and the user.',
    masvs: ['MASVS-STORAGE-1'],
    maswe: [{ id: 'MASWE-0004', betaIds: ['MASWE-0005'] }],
    // MASTG 2 has no final test for secrets that are no cryptographic keys.
    mastg: { android: [], ios: [] },
    cwe: [798],
    top10: ['M1'],
  },
} as const satisfies Record<string, Rule>
