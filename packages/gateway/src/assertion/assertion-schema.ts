import Type from 'typebox'

const closed = { additionalProperties: false }
const File = (description: string) => Type.String({ minLength: 1, maxLength: 4_096, description })

/** Longer, and whoever reads a request of a service could say it again for too long. */
export const maxAssertionSeconds = 60

/** `assertion` of an upstream. */
export const AssertionSchema = Type.Object(
  {
    audience: Type.String({
      minLength: 1,
      maxLength: 255,
      description: 'What the service calls itself; it refuses an assertion made for another',
    }),
    seconds: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: maxAssertionSeconds,
        default: 30,
        description: 'How long it counts',
      }),
    ),
  },
  {
    ...closed,
    description: 'Sallyport-Assertion: who calls, signed by the gateway for this one request',
  },
)

/** `gateway.assertionKeys`. */
export const AssertionKeysSchema = Type.Object(
  {
    files: Type.Optional(
      Type.Array(File('PEM: a P-256 private key'), {
        minItems: 1,
        maxItems: 4,
        uniqueItems: true,
        description:
          'Keys that gateways of one name share: the first signs, all are published. Without it the gateway makes its own',
      }),
    ),
    rotateDays: Type.Integer({
      minimum: 1,
      maximum: 365,
      default: 30,
      description: 'How long a key of its own signs',
    }),
  },
  { ...closed, default: {}, description: 'What the gateway signs its assertions with' },
)

/** `gateway.keySet`. */
export const KeySetSchema = (listen: Type.TString) =>
  Type.Object(
    {
      listen,
      certificateFile: Type.Optional(File('PEM; with it and its key the listener speaks TLS')),
      keyFile: Type.Optional(File('PEM: its private key')),
    },
    {
      ...closed,
      description: 'Where services fetch the public keys of assertions: /.well-known/jwks.json',
    },
  )
