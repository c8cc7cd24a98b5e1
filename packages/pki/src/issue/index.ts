export { backdateMs, type Issuer } from './build-certificate.ts'
export {
  createRoot,
  issueDeviceCa,
  issuerPolicies,
  issuingCaName,
  type RootKind,
} from './issue-authority.ts'
export {
  type DeviceCertificateOptions,
  issueDeviceCertificate,
} from './issue-device-certificate.ts'
export { issueRaCertificate } from './issue-ra-certificate.ts'
export { issueResponderCertificate } from './issue-responder-certificate.ts'
export { issueGatewayCertificate, issueServerCertificate } from './issue-service-certificate.ts'
