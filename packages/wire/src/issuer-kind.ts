/**
 * What an issuing CA is for. `unattested`: of protocols that prove nothing of a key (EST, SCEP, ACME without
 * attestation), and believed no further.
 */
export const issuerKinds = ['device', 'development', 'unattested'] as const
export type IssuerKind = (typeof issuerKinds)[number]
