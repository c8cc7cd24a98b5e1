/** Paths of the device API, below the device listener of the authority. */
export const devicePaths = {
  challenges: '/device/v1/challenges',
  certificates: '/device/v1/certificates',
  renewals: '/device/v1/renewals',
  me: '/device/v1/me',
  devices: '/device/v1/me/devices',
  approvals: '/device/v1/approvals',
  diagnose: '/device/v1/diagnose',
  tokens: '/device/v1/tokens',
  tokenKeys: '/device/v1/jwks',
} as const

/** What a challenge may be used for. */
export const purposes = ['enroll', 'renew'] as const
export type Purpose = (typeof purposes)[number]
