import { composeSchema, type Section } from '@sallyport/config'
import Type, { type TObject } from 'typebox'

/** Every top-level key of sallyport.yaml but `version`. */
export const topLevelKeys = [
  'trustDomain',
  'store',
  'apps',
  'attestation',
  'identityProviders',
  'authority',
  'gateway',
  'admin',
  'scan',
] as const

/**
 * What one role validates of the file: its own sections, all of them required. Of the other sections
 * only the names are known, so that a misspelt one is still an error: they are for others to read.
 *
 * @param optional sections that it reads where they are there
 */
export function roleSchema(own: readonly Section[], optional: readonly Section[] = []): TObject {
  const others = topLevelKeys.filter(
    (key) => ![...own, ...optional].some((section) => section.key === key),
  )
  return composeSchema([
    ...own.map((section) => ({ ...section, required: true })),
    ...optional,
    ...others.map((key) => ({ key, schema: Type.Unknown() })),
  ])
}
