export { type ConfigFile, parseConfig, readConfig, resolvePath } from './config-file.ts'
export { composeSchema, type Section } from './section.ts'
