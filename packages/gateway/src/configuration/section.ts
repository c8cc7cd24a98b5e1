import type { Section } from '@sallyport/config'
import { IdentityProvidersSchema } from '@sallyport/token'
import Type, { type TProperties } from 'typebox'
import { AcmeSchema, HostCertificateSchema } from '../acme/acme-schema.ts'
import { AssertionKeysSchema, KeySetSchema } from '../assertion/assertion-schema.ts'
import { DecisionsSchema } from '../decisions/decisions-schema.ts'
import { UpstreamSchema } from '../forward/upstream-schema.ts'
import { rolloutSchema } from '../pipeline/rollout.ts'
import { modes, type Stage } from '../pipeline/stage.ts'
import { stages } from '../pipeline/stages.ts'
import { CountersSchema } from './counters.ts'
import { AddressesSchema } from '../addresses/addresses-schema.ts'
import { RoleTableSchema } from '../access/role-table-schema.ts'
import { LimitsSchema } from './limits.ts'
import { ListenerSchema } from './listener-schema.ts'
import { clientCertificateModes } from './plan.ts'

const closed = { additionalProperties: false }
const File = (description: string) => Type.String({ minLength: 1, maxLength: 4_096, description })
const listenPattern = '^(?:\\[[0-9a-fA-F:.]+\\]|[^:\\[\\]\\s]+):[0-9]{1,5}$'
const listenWords = 'address:port, [::1]:port for IPv6'
const Listen = Type.String({ pattern: listenPattern, description: listenWords })
const Seconds = (fallback: number, description: string) =>
  Type.Integer({ minimum: 1, maximum: 31_536_000, default: fallback, description })

/** Every stage with settings, under its name: the table of stages says which there are. */
const stageMembers: TProperties = Object.fromEntries(
  (stages as readonly Stage<unknown>[]).flatMap(({ name, settings }) =>
    settings === undefined
      ? []
      : [
          [
            name,
            Type.Optional(
              Type.Object(withMode(settings(Type) as TProperties), {
                ...closed,
                description: `What the stage ${name} demands`,
              }),
            ),
          ],
        ],
  ),
)

function withMode(members: TProperties): TProperties {
  return {
    mode: Type.Optional(
      Type.Enum([...modes], {
        default: 'enforce',
        description: 'shadow decides and records, and lets through; off does not look',
      }),
    ),
    enforce: Type.Optional(rolloutSchema(Type)),
    ...members,
  }
}

const RouteSchema = Type.Object(
  {
    name: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$',
        description: 'In logs and metrics; by default methods and path',
      }),
    ),
    match: Type.Object(
      {
        path: Type.String({
          pattern: '^/',
          maxLength: 1_000,
          description: 'One path, or everything below one: /v1/*; {name} is any one segment',
        }),
        methods: Type.Optional(
          Type.Array(Type.String({ pattern: '^[A-Z][A-Z-]{0,30}$' }), {
            minItems: 1,
            uniqueItems: true,
            description: 'By default all but TRACE, TRACK and CONNECT',
          }),
        ),
      },
      {
        ...closed,
        description: 'Which requests; of several paths that match, the most special wins',
      },
    ),
    upstream: Type.String({ description: 'A name under gateway.upstreams' }),
    sensitive: Type.Boolean({
      default: false,
      description:
        'Stopped earlier when the authority has not been heard: status.sensitiveAfterSeconds',
    }),
    webSocket: Type.Boolean({
      default: false,
      description: 'Whether WebSockets may be opened; they end when the device does',
    }),
    stages: Type.Optional(
      Type.Object(stageMembers, {
        ...closed,
        description: 'What each stage demands; an entry replaces that of the host whole',
      }),
    ),
  },
  closed,
)

const HostSchema = Type.Object(
  {
    clientCertificate: Type.Enum([...clientCertificateModes], {
      description:
        'require: TLS refuses; explain: the reason is the only answer; optional: routes decide; off: none is asked for',
    }),
    certificate: HostCertificateSchema,
    trust: Type.Optional(
      Type.Array(
        Type.Object(
          {
            caFile: File('PEM: the CA that issues them directly'),
            trustDomain: Type.String({
              minLength: 1,
              maxLength: 255,
              description: 'Their identities must lie in it',
            }),
          },
          closed,
        ),
        { description: 'CAs that are not of this deployment, each for its own trust domain alone' },
      ),
    ),
    stages: Type.Optional(
      Type.Object(stageMembers, {
        ...closed,
        description: 'For routes of this host that say nothing of the stage themselves',
      }),
    ),
    routes: Type.Array(RouteSchema, { minItems: 1, description: 'What is served, and where from' }),
  },
  closed,
)

export const GatewaySchema = Type.Object(
  {
    name: Type.String({
      pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$',
      description: 'As its certificate names it',
    }),
    listen: Type.Array(ListenerSchema(listenPattern, listenWords), {
      minItems: 1,
      uniqueItems: true,
      description: 'Where devices connect, as 0.0.0.0:443 or [::]:443',
    }),
    workers: Type.Integer({
      minimum: 1,
      maximum: 256,
      default: 1,
      description: 'Threads; one for each core',
    }),
    stateDirectory: File('Where the last known status of devices is kept'),
    insecureDevelopmentDevices: Type.Boolean({
      default: false,
      description: 'Lets development devices in, whose keys prove nothing',
    }),
    defaultHost: Type.Optional(
      Type.String({
        description: 'For clients that name no host (SNI); otherwise they are refused',
      }),
    ),
    authority: Type.Object(
      {
        url: Type.String({
          pattern: '^https://[^/?#@\\s]+/?$',
          description: 'Origin of the admin listener',
        }),
        caFile: File('PEM: the CA that it is verified with'),
        feedKeysFile: Type.Optional(
          File(
            'A JWK Set: the keys that its feed is believed under; without it the first answer is trusted, once',
          ),
        ),
        certificateFile: File('PEM: the certificate of this gateway'),
        keyFile: File('PEM: its private key'),
      },
      { ...closed, description: 'Where the status of devices comes from' },
    ),
    operations: Type.Optional(
      Type.Object(
        { listen: Listen },
        { ...closed, description: 'Health, version, decisions and metrics, over plain HTTP' },
      ),
    ),
    accessLog: Type.Object(
      { path: Type.String({ default: '-', description: 'A file, - for standard output, or off' }) },
      { ...closed, default: {}, description: 'A line of JSON for each request' },
    ),
    tls: Type.Object(
      {
        minVersion: Type.Enum(['1.2', '1.3'], {
          default: '1.3',
          description: 'The oldest version of TLS that is spoken',
        }),
      },
      { ...closed, default: {}, description: 'Towards devices' },
    ),
    ticketSecretFile: Type.Optional(
      File('Shared by gateways that are to resume each other’s sessions: 32 bytes or more'),
    ),
    status: Type.Object(
      {
        warnAfterSeconds: Seconds(300, 'Logged and shown in the metrics'),
        sensitiveAfterSeconds: Seconds(3_600, 'Routes marked sensitive are refused'),
        stopAfterSeconds: Seconds(86_400, 'Every request of a device is refused'),
      },
      {
        ...closed,
        default: {},
        description: 'What happens when the authority has not been heard for so long',
      },
    ),
    limits: LimitsSchema,
    addresses: AddressesSchema,
    decisions: Type.Optional(DecisionsSchema),
    counters: CountersSchema,
    assertionKeys: AssertionKeysSchema,
    keySet: Type.Optional(KeySetSchema(Listen)),
    acme: AcmeSchema(Listen),
    hosts: Type.Record(Type.String({ pattern: '^[a-z0-9_.-]{1,253}$' }), HostSchema, {
      minProperties: 1,
      additionalProperties: false,
      description: 'By the name that clients ask for (SNI and Host)',
    }),
    access: Type.Optional(RoleTableSchema),
    upstreams: Type.Record(
      Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$' }),
      UpstreamSchema,
      { additionalProperties: false, description: 'The services behind the gateway, by name' },
    ),
  },
  { ...closed, description: 'The gateway: decides each request' },
)

/** The section `gateway` of sallyport.yaml, as validated, defaults filled in. */
export type GatewaySettings = Type.Static<typeof GatewaySchema>

/** Whose access tokens the token stage takes: the same section as the authority's. */
export const identityProvidersSection: Section = {
  key: 'identityProviders',
  schema: IdentityProvidersSchema,
}

export const gatewaySection: Section = { key: 'gateway', schema: GatewaySchema }
