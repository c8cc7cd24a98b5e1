export {
  type Certificate,
  maxCertificateBytes,
  parseCertificate,
  thumbprint,
} from './certificate.ts'
export { changePassphrase } from './change-passphrase.ts'
export { type Extension, type KeyUsage, keyUsages } from './certificate-extensions.ts'
export * from './der/index.ts'
export { type DeviceFacts, maxPredecessors } from './device-extensions.ts'
export { nameConstraintsFor } from './name-constraints.ts'
export { nameAttributes, nameText } from './distinguished-name.ts'
export { joseSignature } from './ecdsa-form.ts'
export { readChallengePassword } from './challenge-password.ts'
export { fileKeyProvider, type FileKeyProviderOptions } from './file-key-provider.ts'
export * from './issue/index.ts'
export { isIssuedBy } from './issued-by.ts'
export { type KeyKind, keyKindOf, keyKinds } from './key-kind.ts'
export { keyPairFault } from './key-pair-fault.ts'
export { defaultScryptCost, type ScryptCost } from './key-file.ts'
export * from './ocsp/index.ts'
export { layeredKeyProvider } from './layered-key-provider.ts'
export { oids } from './oids.ts'
export { certificatesFromPem, requestFromPem, toPem } from './pem.ts'
export { replaceFile, replaceFileSync, type ReplaceOptions } from './replace-file.ts'
export { syncDirectory } from './write-new-file.ts'
export * from './revocation/index.ts'
export { isSignedBy, signatureAlgorithmName } from './signature-algorithm.ts'
export { isSignedByKeyOf } from './signed-by-key-of.ts'
export {
  createAuthorityRequest,
  createSigningRequest,
  maxSigningRequestBytes,
  parseSigningRequest,
  type SigningRequest,
} from './signing-request.ts'
export {
  generateKey,
  type KeyPair,
  type KeyProvider,
  type SigningKey,
  signingKeyOf,
  type UnwrapKey,
} from './signing-key.ts'
export {
  formatGatewayUri,
  type GatewayUri,
  isGatewayName,
  parseGatewayUri,
  parseSpiffeId,
  type SpiffeId,
} from './spiffe-id.ts'
export { publicKeyFromSpki, readSubjectPublicKey } from './subject-public-key.ts'
export type { TrustBundle, TrustIssuer } from './trust-bundle.ts'
export {
  type Check,
  checkDates,
  checkDeviceCertificate,
  type DeviceIdentity,
  type Verification,
  verifyDeviceCertificate,
} from './verify-device-certificate.ts'
