import Type from 'typebox'
import type { Page } from '../../store/page.ts'
import { Limit } from './messages.ts'

/** What every list that grows is asked for, beside its filters. */
export const pageMembers = {
  /** `nextCursor` of the page before. */
  cursor: Type.Optional(Type.String({ maxLength: 150 })),
  limit: Type.Optional(Limit),
}
export const PageQuery = Type.Object(pageMembers, { additionalProperties: false })

/** As {@link PageQuery}, of one app or of all. */
export const AppPageQuery = Type.Object(
  { appId: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })), ...pageMembers },
  { additionalProperties: false },
)

/** Where the next page begins: without it there is none. */
export const NextCursor = Type.Optional(Type.String())

export function nextCursorOf({ nextCursor }: Pick<Page<unknown>, 'nextCursor'>): {
  nextCursor?: string
} {
  return nextCursor === undefined ? {} : { nextCursor }
}
