import type { AppAttestKey } from '../attestation-result.ts'

export type AppAttestEnvironment = AppAttestKey['environment']

/** The AAGUID of each environment: sixteen bytes. */
const aaguids: ReadonlyMap<string, AppAttestEnvironment> = new Map([
  ['appattest\0\0\0\0\0\0\0', 'production'],
  ['appattestdevelop', 'development'],
])

export function environmentOf(aaguid: Buffer): AppAttestEnvironment | undefined {
  return aaguids.get(aaguid.toString('latin1'))
}
