export { type AcmeStatus, readAcmeStatus } from './acme/acme-status.ts'
export type { GatewayConfig } from './configuration/gateway-config.ts'
export { makePlan } from './configuration/make-plan.ts'
export {
  type GatewaySettings,
  gatewaySection,
  identityProvidersSection,
} from './configuration/section.ts'
export { type ExaminedProvider, examineProviders } from './offline/examine-providers.ts'
export {
  createOfflineGateway,
  type OfflineDecision,
  type OfflineGateway,
  type OfflineRoute,
  type OfflineScope,
} from './offline/offline-gateway.ts'
export type { OfflineDevice, OfflineRequest, OfflineUser } from './offline/offline-request.ts'
export type { RuleMiss } from './pipeline/stage.ts'
export type { GatewayOptions } from './control/gateway.ts'
export { type RunningGateway, startGateway } from './control/start-gateway.ts'
export type { Log } from './log/log.ts'
export {
  breakGlassFile,
  breakGlassStatusFile,
  readBreakGlassFile,
} from './break-glass/break-glass-file.ts'
export {
  maxOpen,
  maxOpenMs,
  maxReasonCharacters,
  type OpenGlass,
} from './break-glass/open-glass.ts'
export { layerNames } from './pipeline/stages.ts'
