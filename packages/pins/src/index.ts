export { type BackupKey, makeBackupKey } from './backup-key.ts'
export { covers, hostFor } from './coverage.ts'
export { hostNameFault, hostNameOf } from './host-name.ts'
export { keyNameOf, pinFault, pinOf, pinOfSpki } from './pin.ts'
export { type PinSetFault, pinSetFaults, refuseFaultySets } from './pin-set-faults.ts'
export {
  parsePinsFile,
  type Pin,
  type PinnedHost,
  type PinsFile,
  readBounded,
  readCertificates,
  readPinsFile,
} from './pins-file.ts'
export { type PinRole, pinRoles, type SubdomainDepth } from './pins-schema.ts'
export {
  type GeneratedFile,
  type RenderSettings,
  type Target,
  type TargetName,
  targetNames,
} from './targets/target.ts'
export { generate, type Shortcomings, shortcomings, targets } from './targets/targets.ts'
export { asGivenToAts, type Change, type Survival, survivals } from './survival.ts'
export { type ChainPath, chainPaths, type PathSources } from './chain/chain-paths.ts'
export { type Address } from './chain/dial.ts'
export { type Sent, survey, type Survey, type SurveyOptions } from './chain/survey.ts'
export { titleOf } from './chain/title.ts'
export { checkPins, type Evidence, type NextChain } from './check/check-pins.ts'
export type { About, CheckFinding, CheckOutcome } from './check/finding.ts'
export { placeOf } from './check/match.ts'
export type { PackagedPins } from './check/packaged-pins.ts'
export { type NewHost, withHost, withPins } from './edit-pins.ts'
export { type Plan, type PlanEvent, planPins } from './plan-pins.ts'
export type { HostEntry, PinEntry } from './pins-schema.ts'
