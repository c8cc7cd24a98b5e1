export { backdateMs, type Issuer } from './build-certificate.ts'
export {
  createRoot,
  issueDeviceCa,
  issuerPolicies,
  issuingCaName,
  type RootKind,
} from './issue-authority.ts'
export { issueRaCertificate, issueResponderCertificate } from './issue-delegate-certificate.ts'
export {
  type DeviceCertificateOptions,
  issueDeviceCertificate,
} from './issue-device-certificate.ts'
export {
  isServerName,
  issueGatewayCertificate,
  issueServerCertificate,
} from './issue-service-certificate.ts'
