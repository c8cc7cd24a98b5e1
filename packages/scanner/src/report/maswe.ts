/** The release of OWASP MASWE that ids are of: it numbered every weakness anew, and used the numbers of the beta again. */
export const masweVersion = '1.0.0'

export type Weakness = {
  readonly title: string
  /** What it was in the beta (`maswe-beta` of its page). The same number stands for something else there. */
  readonly betaIds: readonly string[]
}

/** The weaknesses that rules are about. https://mas.owasp.org/MASWE/ */
export const weaknesses: Readonly<Record<string, Weakness>> = {
  'MASWE-0001': {
    title: 'Sensitive Data Stored Unencrypted in Private Storage',
    betaIds: ['MASWE-0006', 'MASWE-0002', 'MASWE-0118'],
  },
  'MASWE-0002': {
    title: 'Sensitive Data Stored Unencrypted Outside of Private Storage',
    betaIds: ['MASWE-0007', 'MASWE-0002'],
  },
  'MASWE-0003': {
    title: 'Cryptographic Keys Stored Outside of Platform Keystore',
    betaIds: ['MASWE-0013', 'MASWE-0014', 'MASWE-0016'],
  },
  'MASWE-0004': {
    title: 'Sensitive Data Hardcoded in the App Package',
    betaIds: ['MASWE-0005', 'MASWE-0013', 'MASWE-0036'],
  },
  'MASWE-0005': {
    title: 'Insertion of Sensitive Data into Logs',
    betaIds: ['MASWE-0001'],
  },
  'MASWE-0006': {
    title: 'Sensitive Data Not Excluded From Backup',
    betaIds: ['MASWE-0004', 'MASWE-0003'],
  },
  'MASWE-0013': {
    title: 'Improper Cryptographic Key Generation',
    betaIds: ['MASWE-0009', 'MASWE-0017'],
  },
  'MASWE-0016': {
    title: 'Cryptographic Key Access Not Restricted',
    betaIds: ['MASWE-0018'],
  },
  'MASWE-0018': {
    title: 'Lack of Authentication or Authorization on App Components',
    betaIds: [
      'MASWE-0033',
      'MASWE-0038',
      'MASWE-0040',
      'MASWE-0051',
      'MASWE-0059',
      'MASWE-0062',
      'MASWE-0063',
      'MASWE-0064',
      'MASWE-0065',
      'MASWE-0119',
    ],
  },
  'MASWE-0026': {
    title: 'Network Traffic Not Encrypted',
    betaIds: ['MASWE-0050', 'MASWE-0037', 'MASWE-0048'],
  },
  'MASWE-0027': {
    title: 'Insecure Certificate Validation',
    betaIds: ['MASWE-0052'],
  },
  'MASWE-0028': {
    title: 'Insecure Identity Pinning',
    betaIds: ['MASWE-0047'],
  },
  'MASWE-0056': {
    title: 'App Attestation Not Implemented',
    betaIds: ['MASWE-0104', 'MASWE-0106'],
  },
  'MASWE-0063': {
    title: 'Debug Mechanisms Not Disabled',
    betaIds: ['MASWE-0067', 'MASWE-0074'],
  },
}
