// What an access token is bound to, and how its bearer proves to hold it: no schema, no library.
export type { BindingFault } from './confirmation/binding-fault.ts'
export {
  type BoundCertificate,
  type CertificateBindingOptions,
  checkCertificateBinding,
} from './confirmation/check-certificate-binding.ts'
export {
  checkProof,
  type DpopProof,
  type ProofChecker,
  type ProofRules,
  type ProvenRequest,
} from './dpop/check-proof.ts'
export { DpopNonces, type KnownNonce } from './dpop/nonces.ts'
export { proofAlgorithms } from './dpop/proof-algorithms.ts'
export { ProofHeaders } from './dpop/proof-headers.ts'
export { normalTargetUri } from './dpop/target-uri.ts'
