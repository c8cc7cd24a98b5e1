import type { Section } from '@sallyport/config'
import Type from 'typebox'
import { domainShape, failLevels } from './scan-shapes.ts'

const File = (description: string) => Type.Optional(Type.String({ minLength: 1, description }))

/** What `sallyport scan` does where no option says otherwise. Paths are relative to this file. */
const ScanSchema = Type.Object(
  {
    failOn: Type.Optional(
      Type.Enum([...failLevels], {
        description: 'The least severity with which a scan ends with exit code 1',
      }),
    ),
    rules: Type.Optional(
      Type.Array(Type.String({ pattern: '^-?[a-z][a-z-]*$' }), {
        description: 'Rules that are asked; with a dash before it, one that is not',
      }),
    ),
    ownDomains: Type.Optional(
      Type.Array(Type.String({ pattern: domainShape }), {
        description: 'Domains of yours, with what lies below them: their servers should be pinned',
      }),
    ),
    releaseWindowDays: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 3_650,
        description: 'How long after its submission a build is in use (60 by default)',
      }),
    ),
    suppressionsFile: File('What somebody answers for, YAML'),
    baselineFile: File('An earlier report, JSON: what is in it does not fail'),
  },
  { additionalProperties: false, description: 'What scans of app packages ask, and fail on' },
)
export type ScanConfig = Type.Static<typeof ScanSchema>

export const scanSection: Section = { key: 'scan', schema: ScanSchema }
