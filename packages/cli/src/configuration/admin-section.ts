import type { Section } from '@sallyport/config'
import Type from 'typebox'

/** Where commands reach the admin API of the authority, and as whom. */
const AdminSchema = Type.Object(
  {
    /** Origin of the admin listener. Always https. */
    url: Type.String({ pattern: '^https://[^/]+/?$', description: 'Origin of the admin listener' }),
    caFile: Type.Optional(
      Type.String({
        description: 'The CA that the listener is verified with; the public ones without it',
      }),
    ),
    tokenFile: Type.Optional(
      Type.String({
        description:
          'A file with an admin token; or set SALLYPORT_ADMIN_TOKEN, or run `sallyport login`',
      }),
    ),
  },
  { additionalProperties: false, description: 'How commands reach the admin API' },
)
export type AdminConfig = Type.Static<typeof AdminSchema>

export const adminSection: Section = { key: 'admin', schema: AdminSchema }
