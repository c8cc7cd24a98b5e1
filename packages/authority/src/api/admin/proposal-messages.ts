import Type from 'typebox'

const Time = Type.String({ format: 'date-time' })
const OptionalText = Type.Union([Type.String(), Type.Null()])

export const AdminProposal = Type.Object({
  id: Type.String(),
  /** The operation of this API that waits. */
  operation: Type.String(),
  path: Type.String(),
  /** JSON, as it was sent. */
  body: Type.String(),
  /** Why it needs a second person. */
  why: Type.String(),
  status: Type.Enum(['open', 'expired', 'agreed', 'declined']),
  proposedAt: Time,
  proposedBy: Type.String(),
  expiresAt: Time,
  decidedAt: Type.Union([Time, Type.Null()]),
  decidedBy: OptionalText,
  reason: OptionalText,
  /** `done`, or the code of what refused it; null where it was not tried, or nobody knows. */
  outcome: OptionalText,
})
export type AdminProposal = Type.Static<typeof AdminProposal>

/** 202: nothing was done yet. */
export const Proposed = Type.Object({ proposal: AdminProposal })

export const AgreedProposal = Type.Object({
  proposal: AdminProposal,
  /** What the call was answered with. */
  answer: Type.Object({}, { additionalProperties: true }),
})
