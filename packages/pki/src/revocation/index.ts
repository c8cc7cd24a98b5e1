export { buildCertificateList, type CertificateListFields } from './build-certificate-list.ts'
export {
  type CertificateList,
  isListOf,
  maxCertificateListBytes,
  parseCertificateList,
} from './certificate-list.ts'
export {
  type ListScope,
  type PublishedAddresses,
  readAuthorityInformation,
  readDistributionPoints,
} from './distribution-point.ts'
export { isRevocationReason, type RevocationReason } from './revocation-reason.ts'
export { encodeRevoked, type RevokedCertificate } from './revoked-entries.ts'
