import { actions } from '@sallyport/problem'
import Type from 'typebox'

/** RFC 9457 with our members, for the description of the API. Problems are not serialized by it. */
export const ProblemSchema = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.Optional(Type.String()),
    code: Type.String(),
    requestId: Type.String(),
    supportCode: Type.String(),
    retryable: Type.Boolean(),
    action: Type.Optional(Type.Enum([...actions])),
    serverTime: Type.Optional(Type.String()),
    clockOffsetMs: Type.Optional(Type.Integer()),
    expected: Type.Optional(Type.String()),
    found: Type.Optional(Type.String()),
    fix: Type.Optional(Type.String()),
  },
  { description: 'Why this was refused' },
)

/** The refusals of a route, for its response schemas. */
export function problems(...statuses: number[]): Record<number, object> {
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      {
        description: 'Refused',
        content: { 'application/problem+json': { schema: ProblemSchema } },
      },
    ]),
  )
}
