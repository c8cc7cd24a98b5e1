import Type from 'typebox'
import { decisionFormNames } from './decision-form.ts'

const closed = { additionalProperties: false }
const File = (description: string) => Type.String({ minLength: 1, maxLength: 4_096, description })

/**
 * A Unix socket, or mutual TLS: whoever can reach a plain port could speak for any device. The socket
 * is made in a folder of its own beside its place, so its path has room for that (unix(7): 107 bytes).
 */
const ListenSchema = Type.Union([
  Type.String({
    pattern: '^unix:[^\\s\\x00]{1,88}$',
    description: 'unix:/run/sallyport/decisions.sock; one for each worker, or fewer',
  }),
  Type.Object(
    {
      address: Type.String({
        pattern: '^(?:\\[[0-9a-fA-F:.]+\\]|[^:\\[\\]\\s]+):[0-9]{1,5}$',
        description: 'address:port, for mutual TLS',
      }),
      certificateFile: File('PEM: what is shown to callers'),
      keyFile: File('PEM: its private key'),
      callerCaFile: File('PEM: the CA that issues the certificates of callers'),
    },
    { ...closed, description: 'Mutual TLS, for callers on other machines' },
  ),
])

/** The section `gateway.decisions`. */
export const DecisionsSchema = Type.Object(
  {
    listen: Type.Array(ListenSchema, {
      minItems: 1,
      maxItems: 256,
      uniqueItems: true,
      description: 'Where proxies ask: Unix sockets, and addresses with mutual TLS',
    }),
    callers: Type.Array(
      Type.Object(
        {
          name: Type.String({
            pattern: '^[a-z0-9][a-z0-9-]{0,62}$',
            description: 'As the configuration of the proxy, the log and the metrics call it',
          }),
          form: Type.Enum([...decisionFormNames], { description: 'Which proxy it is' }),
          names: Type.Optional(
            Type.Array(Type.String({ minLength: 1, maxLength: 255 }), {
              minItems: 1,
              description:
                'DNS or URI names, one of which its certificate bears. Without: a caller on Unix sockets',
            }),
          ),
        },
        closed,
      ),
      { minItems: 1, maxItems: 256, description: 'Who may ask; nobody else is answered' },
    ),
    answerSeconds: Type.Number({
      minimum: 0.1,
      maximum: 10,
      default: 2,
      description:
        'How long a decision may take before it is a refusal; proxies wait a little longer',
    }),
  },
  { ...closed, description: 'Decisions for proxies that forward requests themselves' },
)

export type DecisionsSettings = Type.Static<typeof DecisionsSchema>
