import Type from 'typebox'

const closed = { additionalProperties: false }
const Name = Type.String({ pattern: '^[^\\u0000-\\u001f\\u007f]{1,200}$' })

/** `gateway.access`: what roles mean, whoever gives them. */
export const RoleTableSchema = Type.Object(
  {
    roles: Type.Record(
      Name,
      Type.Object(
        {
          permissions: Type.Optional(
            Type.Array(Name, {
              uniqueItems: true,
              maxItems: 500,
              description: 'What users of this role may do, as rules name it',
            }),
          ),
        },
        closed,
      ),
      { ...closed, description: 'By the name of the role: the permissions that come with it' },
    ),
  },
  { ...closed, description: 'What users may do' },
)
