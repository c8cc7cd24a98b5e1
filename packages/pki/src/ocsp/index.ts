export { type CertificateId, issuerKeys } from './certificate-id.ts'
export { maxOcspRequestBytes, type OcspRequest, parseOcspRequest } from './ocsp-request.ts'
export {
  buildOcspResponse,
  type OcspAnswers,
  type OcspFailure,
  ocspFailure,
  type OcspStatus,
} from './ocsp-response.ts'
