import Type from 'typebox'

const closed = { additionalProperties: false }
const File = (description: string) => Type.String({ minLength: 1, maxLength: 4_096, description })

export const acmeChallenges = ['http-01', 'tls-alpn-01'] as const
export const acmeKeyTypes = ['ec-p256', 'ec-p384', 'rsa-2048'] as const

/** One entry of `gateway.acme`: an account with a CA. */
const AcmeAccountSchema = (listen: Type.TString) =>
  Type.Object(
    {
      directoryUrl: Type.String({
        pattern: '^https://[^?#@\\s]+$',
        maxLength: 1_000,
        description: 'Where the CA begins; whoever names it agrees to its terms of service',
      }),
      email: Type.Optional(
        Type.String({
          pattern: '^[^@\\s]+@[^@\\s]+$',
          maxLength: 254,
          description: 'Where the CA writes to when something is wrong',
        }),
      ),
      caFile: Type.Optional(File('PEM: what a CA of your own is reached under')),
      externalAccount: Type.Optional(
        Type.Object(
          {
            kid: Type.String({ minLength: 1, maxLength: 1_000, description: 'As the CA gave it' }),
            hmacKeyFile: File('The key of it, base64url, as the CA gave it'),
          },
          { ...closed, description: 'For CAs that know their customers (RFC 8555 §7.3.4)' },
        ),
      ),
      challenge: Type.Enum([...acmeChallenges], {
        description: 'http-01: port 80 must lead to http01Listen; tls-alpn-01: port 443 to listen',
      }),
      http01Listen: Type.Optional({
        ...listen,
        description: 'Plain HTTP: answers the CA, and redirects everybody else to https',
      }),
      keyType: Type.Enum([...acmeKeyTypes], { default: 'ec-p256', description: 'Of the hosts' }),
    },
    closed,
  )

/** `gateway.acme`. */
export const AcmeSchema = (listen: Type.TString) =>
  Type.Record(Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$' }), AcmeAccountSchema(listen), {
    additionalProperties: false,
    default: {},
    description: 'CAs that certificates of hosts are obtained from (RFC 8555), by name',
  })

/** `certificate` of a host: two files, or the name of an ACME account. */
export const HostCertificateSchema = Type.Object(
  {
    certificateFile: Type.Optional(File('PEM: the server certificate, then its chain')),
    keyFile: Type.Optional(File('PEM: its private key')),
    acme: Type.Optional(
      Type.String({ description: 'A name under gateway.acme, in place of the files' }),
    ),
    stapling: Type.Optional(
      Type.Enum(['auto', 'on', 'off'], {
        default: 'auto',
        description:
          'OCSP responses with the handshake; auto: where the certificate asks for it (must-staple)',
      }),
    ),
  },
  { ...closed, description: 'What the gateway shows to clients of this host' },
)
