export {
  type AcmeAccount,
  type AcmeAccountOptions,
  type AcmeAnswer,
  acmeCall,
  type AcmeCallOptions,
  bindAccount,
  newAcmeKey,
  openAcmeAccount,
  publicJwk,
  signJws,
} from './acme/acme-account.ts'
export {
  attestationObject,
  type AttestedCertificate,
  type AttestedOrder,
  type ManagedPhone,
  orderAttested,
} from './acme/attest-device.ts'
export {
  androidKeyChain,
  androidKeyEvidence,
  type AndroidKeyOptions,
} from './android/android-key-evidence.ts'
export { type AndroidPhone, defaultAndroidPhone } from './android/android-phone.ts'
export {
  type AttestationBatch,
  type AttestationBatchOptions,
  makeAttestationBatch,
} from './android/attestation-batch.ts'
export { androidHostilities, type AndroidHostility } from './android/hostile-android.ts'
export {
  type KeyDescription,
  keyDescriptionOid,
  writeKeyDescription,
} from './android/key-description.ts'
export {
  type AppAssertionOptions,
  type AppAttestationOptions,
  appAssertion,
  appAssertionEvidence,
  appAttestation,
  appAttestationEvidence,
} from './apple/app-attest-evidence.ts'
export { type AppAttestKeyPair, makeAppAttestKey } from './apple/app-attest-key.ts'
export { type AppAttestHostility, appAttestHostilities } from './apple/hostile-ios.ts'
export { defaultIosPhone, type IosPhone } from './apple/ios-phone.ts'
export {
  type ManagedDeviceHostility,
  managedDeviceChain,
  managedDeviceEvidence,
  managedDeviceHostilities,
  type ManagedDeviceOptions,
} from './apple/managed-device-evidence.ts'
export { makeReceipt, type ReceiptOptions } from './apple/receipt.ts'
export { type CborValue, writeCbor } from './apple/write-cbor.ts'
export { developmentEvidence } from './development-evidence.ts'
export {
  type DevelopmentRoot,
  developmentRootFiles,
  keepDevelopmentRoot,
  makeDevelopmentRoot,
  openDevelopmentRoot,
} from './development-root.ts'
export {
  cloneDevice,
  droppingTransport,
  type Forgery,
  forgingKeyStore,
  type Mishap,
  skewedClock,
} from './misbehaviour.ts'
export { nodeTransport, type NodeTransportOptions } from './node-transport.ts'
export { quietPort, quietPorts } from './quiet-port.ts'
export { privateKeyOf, softwareKeyStore } from './software-key-store.ts'
export {
  createVirtualDevice,
  type VirtualDevice,
  type VirtualDeviceOptions,
} from './virtual-device.ts'
export {
  makePlayConsole,
  type PlayConsole,
  type PlayIntegrityHostility,
  playIntegrityHostilities,
  playIntegritySignal,
  playIntegrityToken,
  type PlayIntegrityTokenOptions,
} from './android/play-integrity.ts'
export type { VirtualAndroid } from './android/virtual-android.ts'
export type { VirtualIphone } from './apple/virtual-iphone.ts'
export type { VirtualPhone } from './virtual-phone.ts'
export {
  type CertificateFields,
  type CertificateSigner,
  type NameAttribute,
  writeCertificate,
  writeExtension,
  writeName,
} from './write-certificate.ts'
