export {
  type ConfigFile,
  type FileReasons,
  parseConfig,
  readConfig,
  resolvePath,
} from './config-file.ts'
export {
  type ConfigurationKey,
  configurationKeys,
  configurationReference,
} from './configuration-reference.ts'
export { type FileBytes, readRegularFile } from './regular-file.ts'
export { composeSchema, type Section } from './section.ts'
