import { androidKeyFormat } from './android-key/android-key-format.ts'
import type { EvidenceFormat } from './appraisal.ts'

/** Every format of evidence there is. Below this table nobody switches on a name. */
const formats: readonly EvidenceFormat[] = [androidKeyFormat]

/** By name. Without a prototype: a name comes from outside. */
export const evidenceFormats: Readonly<Record<string, EvidenceFormat>> = Object.freeze(
  Object.assign(
    Object.create(null) as Record<string, EvidenceFormat>,
    Object.fromEntries(formats.map((format) => [format.name, format])),
  ),
)
