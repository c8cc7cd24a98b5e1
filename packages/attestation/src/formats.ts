import { androidKeyFormat } from './android-key/android-key-format.ts'
import { appAttestFormat } from './apple-app-attest/app-attest-format.ts'
import { appleMdaFormat } from './apple-mda/apple-mda-format.ts'
import type { EvidenceFormat } from './appraisal.ts'
import { developmentFormat } from './development/development-format.ts'
import { playIntegrityFormat } from './play-integrity/play-integrity-format.ts'

/** Every format of evidence there is. Below this table nobody switches on a name. */
const formats: readonly EvidenceFormat[] = [
  androidKeyFormat,
  appAttestFormat,
  appleMdaFormat,
  playIntegrityFormat,
  developmentFormat,
]

/** By name. Without a prototype: a name comes from outside. */
export const evidenceFormats: Readonly<Record<string, EvidenceFormat>> = Object.freeze(
  Object.assign(
    Object.create(null) as Record<string, EvidenceFormat>,
    Object.fromEntries(formats.map((format) => [format.name, format])),
  ),
)
