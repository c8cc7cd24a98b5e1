import { readConfig, resolvePath } from '@sallyport/config'
import Type from 'typebox'
import { type ScanConfig, scanSection } from './scan-section.ts'

/**
 * The `scan` section of a sallyport.yaml, with its paths made whole. The rest of the file is not looked at.
 *
 * @throws Problem `config_unreadable`, `config_invalid`
 */
export function readScanSection(name: string): ScanConfig {
  const schema = Type.Object({ scan: Type.Optional(scanSection.schema) })
  const file = readConfig<{ scan?: ScanConfig }>(name, schema)
  const { scan = {} } = file.value
  const { suppressionsFile, baselineFile } = scan
  const at = (name: string) => resolvePath(file.directory, name)
  return {
    ...scan,
    ...(suppressionsFile === undefined ? {} : { suppressionsFile: at(suppressionsFile) }),
    ...(baselineFile === undefined ? {} : { baselineFile: at(baselineFile) }),
  }
}
