import { authoritySections } from '@sallyport/authority'
import { type ConfigFile, composeSchema, readConfig } from '@sallyport/config'
import { gatewaySection } from '@sallyport/gateway'
import type { TObject } from 'typebox'
import { scanSection } from '../scan/scan-section.ts'
import { adminSection } from './admin-section.ts'
import { trustDomainSection } from './trust-domain.ts'

/** The schema of the whole of sallyport.yaml: the sections of all roles. */
export const configSchema: TObject = composeSchema([
  trustDomainSection,
  // A machine that runs one role alone has the sections of that role.
  ...authoritySections.map((section) => ({ ...section, required: false })),
  { ...gatewaySection, required: false },
  adminSection,
  scanSection,
])

/** The JSON Schema for editors. */
export function editorSchema(): Record<string, unknown> {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'sallyport.yaml',
    ...(JSON.parse(JSON.stringify(configSchema)) as Record<string, unknown>),
  }
}

/** A whole configuration file, validated. @throws Problem `config_unreadable`, `config_invalid` */
export function loadConfig(file: string): ConfigFile<Record<string, unknown>> {
  return readConfig<Record<string, unknown>>(file, configSchema)
}
