import type { EvidenceFormat } from './appraisal.ts'
import { development } from './development.ts'

/** Every format of evidence, by the name that messages and configuration call it. */
export const evidenceFormats: Readonly<Record<string, EvidenceFormat>> = {
  [development.name]: development,
}
