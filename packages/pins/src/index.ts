export { type BackupKey, makeBackupKey } from './backup-key.ts'
export { covers, hostFor } from './coverage.ts'
export { pinFault, pinOf, pinOfSpki } from './pin.ts'
export { type PinSetFault, pinSetFaults, refuseFaultySets } from './pin-set-faults.ts'
export {
  parsePinsFile,
  type Pin,
  type PinnedHost,
  type PinsFile,
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
export { type Change, type Survival, survivals } from './survival.ts'
