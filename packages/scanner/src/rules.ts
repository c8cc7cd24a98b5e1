// A pure table: every rule, by its stable id.
import type { Rule } from './rule.ts'

export const rules = {
  'client-identity': {
    title: 'A client certificate with its private key ships in the package',
    severity: 'critical',
    meaning:
      'Everybody who downloads the app has this key. A server that believes the certificate believes all of them, and revoking it locks out every install.',
    fix: 'Take it out, revoke it, and enrol each device with a key of its own, made in its hardware.',
    masvs: ['MASVS-STORAGE-1', 'MASVS-CRYPTO-2', 'MASVS-AUTH-1'],
    maswe: [
      { id: 'MASWE-0004', betaIds: ['MASWE-0005', 'MASWE-0013'] },
      { id: 'MASWE-0003', betaIds: ['MASWE-0014'] },
    ],
    mastg: { android: ['MASTG-TEST-0212'], ios: ['MASTG-TEST-0213', 'MASTG-TEST-0214'] },
    cwe: [321, 798],
    top10: ['M1', 'M9'],
  },
} as const satisfies Record<string, Rule>

export type RuleId = keyof typeof rules
