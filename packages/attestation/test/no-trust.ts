import type { TrustMaterial } from '../src/index.ts'

const none = { anchors: [] }

/** Nobody is believed: a test adds whom it means. */
export const noTrust: TrustMaterial = {
  android: { ...none, statusList: undefined },
  appAttest: none,
  appAttestReceipts: none,
  managedDevices: none,
}
