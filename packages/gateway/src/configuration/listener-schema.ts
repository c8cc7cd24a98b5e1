import Type from 'typebox'
import { addressFields } from '../forwarded/client-address.ts'
import { formNames } from '../forwarded/forms.ts'

const closed = { additionalProperties: false }
const File = (description: string) => Type.String({ minLength: 1, maxLength: 4_096, description })
const Networks = (description: string) =>
  Type.Array(Type.String({ minLength: 2, maxLength: 49 }), {
    minItems: 1,
    maxItems: 1_000,
    description,
  })
const FieldName = (description: string) =>
  Type.Optional(Type.String({ pattern: '^[A-Za-z0-9-]{1,64}$', description }))

/** Exactly one of these proves that a connection, or a request, is the proxy's. */
const HopSchema = Type.Object(
  {
    mutualTls: Type.Optional(
      Type.Object(
        {
          caFile: File('PEM: the CAs that issue the certificate of the proxy directly'),
          names: Type.Array(Type.String({ minLength: 1, maxLength: 255 }), {
            minItems: 1,
            maxItems: 100,
            description: 'DNS names or URIs; its certificate has one of them',
          }),
        },
        { ...closed, description: 'The proxy shows a certificate of its own' },
      ),
    ),
    unixSocket: Type.Optional(
      Type.Object(
        {
          mode: Type.Optional(
            Type.String({
              pattern: '^0?[0-7]{3}$',
              default: '0600',
              description: 'Of the socket file: who may write to it is the proxy',
            }),
          ),
        },
        { ...closed, description: 'The listener is a Unix socket that the proxy alone may open' },
      ),
    ),
    sharedSecret: Type.Optional(
      Type.Object(
        {
          file: File('What the proxy sends in Sallyport-Hop-Secret; 32 characters or more'),
          nextFile: Type.Optional(File('Believed as well, while one is replaced by the other')),
        },
        { ...closed, description: 'Each request of the proxy carries a secret' },
      ),
    ),
    network: Type.Optional(
      Type.Object(
        { from: Networks('Of the balancer; nobody else can be in it') },
        {
          ...closed,
          description:
            'Whoever connects from there is the proxy, as with balancers that prove nothing',
        },
      ),
    ),
  },
  { ...closed, minProperties: 1, maxProperties: 1, description: 'How the proxy proves to be it' },
)

const ClientCertificatesSchema = Type.Object(
  {
    form: Type.Enum([...formNames], { description: 'How the proxy writes the certificate' }),
    field: FieldName('Where the proxy writes it, if not where its form says'),
    chainField: FieldName('Where it writes the chain, of rfc9440'),
    hops: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 8,
        default: 1,
        description:
          'Of xfcc: how many believed proxies added an element; the first of them is told',
      }),
    ),
    hop: HopSchema,
    clientAddress: Type.Optional(
      Type.Object(
        {
          from: Type.Optional(
            Type.Enum([...addressFields, 'connection'], {
              default: 'x-forwarded-for',
              description: 'connection: that of TCP, or of the PROXY protocol',
            }),
          ),
          trusted: Type.Optional(Networks('Further proxies in front of it')),
        },
        { ...closed, description: 'Where the proxy says the address of its client' },
      ),
    ),
  },
  { ...closed, description: 'A proxy in front ends TLS, and tells the certificate of its client' },
)

// Defaults inside of a union are not filled in: whoever reads these members does.

/** A listener: where devices connect, or a proxy in front of them. */
export const ListenerSchema = (pattern: string, description: string) =>
  Type.Union([
    Type.String({ pattern, description }),
    Type.Object(
      {
        address: Type.String({
          pattern: `${pattern}|^unix:/.{1,80}$`,
          description: 'address:port, [::1]:port, or unix:/path',
        }),
        insecurePlainHttp: Type.Optional(
          Type.Boolean({
            default: false,
            description: 'Without TLS from the proxy to here; on a Unix socket that is no danger',
          }),
        ),
        proxyProtocol: Type.Optional(
          Type.Object(
            { from: Networks('Of the balancers; nobody else may connect. unix for a Unix socket') },
            { ...closed, description: 'Every connection begins with a PROXY protocol header' },
          ),
        ),
        clientCertificates: Type.Optional(ClientCertificatesSchema),
      },
      closed,
    ),
  ])

export type ListenerSettings = Type.Static<ReturnType<typeof ListenerSchema>>
