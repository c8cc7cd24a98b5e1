import Type from 'typebox'
import { listEffects } from './address-plan.ts'

const closed = { additionalProperties: false }
const name = (description: string) =>
  Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$', description })
const Network = Type.String({ minLength: 2, maxLength: 49 })
const Networks = (description: string) =>
  Type.Optional(Type.Array(Network, { maxItems: 10_000, description }))

/** Which addresses are served at all, whatever the host and the route. */
export const AddressesSchema = Type.Object(
  {
    allow: Networks(
      'Only these are served, where any list allows; as 192.0.2.0/24 or 2001:db8::/32',
    ),
    deny: Networks('Never served; deny is stronger than allow'),
    exempt: Networks('Stopped by no list, and by no temporary block'),
    files: Type.Optional(
      Type.Array(
        Type.Object(
          {
            name: Type.Optional(
              name('As it is called in decisions and in the log; by default the name of the file'),
            ),
            file: Type.String({
              minLength: 1,
              maxLength: 4_096,
              description: 'A network a line, # begins a comment; read anew when it changes',
            }),
            effect: Type.Enum([...listEffects], { default: 'deny', description: 'What it does' }),
          },
          closed,
        ),
        { maxItems: 64, description: 'Lists in files' },
      ),
    ),
    lists: Type.Optional(
      Type.Array(
        Type.Object(
          {
            name: name('As it is called in decisions and in the log'),
            url: Type.String({
              pattern: '^https://[^/?#@\\s]+/\\S*$',
              description: 'Fetched without following redirects; the last good one is kept on disk',
            }),
            refreshMinutes: Type.Integer({
              minimum: 1,
              maximum: 10_080,
              default: 720,
              description: 'How often',
            }),
            caFile: Type.Optional(
              Type.String({
                minLength: 1,
                maxLength: 4_096,
                description: 'PEM: the CA of its server; by default those of the system',
              }),
            ),
          },
          closed,
        ),
        { maxItems: 32, description: 'Block lists that are fetched on a schedule' },
      ),
    ),
    closeConnections: Type.Boolean({
      default: false,
      description:
        'Connections from blocked addresses are closed before TLS, on every host and without a reason for the client',
    }),
  },
  { ...closed, default: {}, description: 'Which addresses are served at all' },
)

export type AddressesSettings = Type.Static<typeof AddressesSchema>
