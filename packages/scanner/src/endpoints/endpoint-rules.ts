import type { Rule } from '../rule.ts'

export const endpointRules = {
  'ungated-endpoint': {
    title: 'An address of yours in the package asks for no device',
    severity: 'medium',
    meaning:
      'Whoever reads the package knows the address, and can call it with anything that speaks HTTP: no certificate of a device is asked for there.',
    fix: 'Give the route a device stage with required: true, or say in a suppression why it is open to everybody.',
    masvs: ['MASVS-AUTH-1'],
    // MASWE and MASTG are about the app; what is missing here is the server's.
    maswe: [],
    mastg: { android: [], ios: [] },
    cwe: [306],
    top10: ['M3'],
  },
} as const satisfies Record<string, Rule>
