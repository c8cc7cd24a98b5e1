export {
  type ClientOptions,
  createClient,
  type Diagnostics,
  type SallyportClient,
} from './client.ts'
export type { AppFacts, DeviceCertificate } from './client-context.ts'
export type { ClientStatus } from './client-status.ts'
export type { EnrollOptions } from './enroll.ts'
export type { ClientEvent } from './event-log.ts'
export type { DeviceToken, ExchangeOptions } from './exchange-token.ts'
export {
  type CollectEvidence,
  type CollectSignals,
  type EvidenceContext,
  EvidenceError,
  type EvidenceFailure,
} from './evidence.ts'
export type { DeviceRequestInit } from './gateway-request.ts'
export type { KeyHandle, KeyStore } from './key-store.ts'
export type { RetryPolicy, Sleep } from './retry.ts'
export type { UserDevice, WaitingDevice } from './user-devices.ts'
export { isSallyportError, type SallyportCode, SallyportError } from './sallyport-error.ts'
export {
  type Transport,
  type TransportBody,
  TransportError,
  type TransportFailure,
  type TransportIdentity,
  type TransportRequest,
  type TransportResponse,
  type Trust,
} from './transport.ts'
