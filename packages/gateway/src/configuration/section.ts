import type { Section } from '@sallyport/config'
import Type, { type TObject, type TProperties } from 'typebox'
import { UpstreamSchema } from '../forward/upstream-schema.ts'
import { modes, type Stage } from '../pipeline/stage.ts'
import { stages } from '../pipeline/stages.ts'
import { LimitsSchema } from './limits.ts'
import { clientCertificateModes } from './plan.ts'

const closed = { additionalProperties: false }
const File = (description: string) => Type.String({ minLength: 1, maxLength: 4_096, description })
const Listen = Type.String({
  pattern: '^(?:\\[[0-9a-fA-F:.]+\\]|[^:\\[\\]\\s]+):[0-9]{1,5}$',
  description: 'address:port, [::1]:port for IPv6',
})
const Seconds = (fallback: number) =>
  Type.Integer({ minimum: 1, maximum: 31_536_000, default: fallback })

/** Every stage with settings, under its name: the table of stages says which there are. */
const StagesSchema: TObject = Type.Object(
  Object.fromEntries(
    (stages as readonly Stage<unknown>[]).flatMap(({ name, settings }) =>
      settings === undefined
        ? []
        : [[name, Type.Optional(Type.Object(withMode(settings(Type) as TProperties), closed))]],
    ),
  ),
  closed,
)

function withMode(members: TProperties): TProperties {
  return { mode: Type.Optional(Type.Enum([...modes])), ...members }
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
          description: 'One path, or everything below one: /v1/*',
        }),
        methods: Type.Optional(
          Type.Array(Type.String({ pattern: '^[A-Z][A-Z-]{0,30}$' }), {
            minItems: 1,
            uniqueItems: true,
          }),
        ),
      },
      closed,
    ),
    upstream: Type.String(),
    sensitive: Type.Boolean({
      default: false,
      description:
        'Stopped earlier when the authority has not been heard: status.sensitiveAfterSeconds',
    }),
    webSocket: Type.Boolean({ default: false }),
    stages: Type.Optional(StagesSchema),
  },
  closed,
)

const HostSchema = Type.Object(
  {
    clientCertificate: Type.Enum([...clientCertificateModes]),
    certificate: Type.Object({ certificateFile: File('PEM'), keyFile: File('PEM') }, closed),
    trust: Type.Optional(
      Type.Array(
        Type.Object(
          { caFile: File('PEM'), trustDomain: Type.String({ minLength: 1, maxLength: 255 }) },
          closed,
        ),
        { description: 'CAs that are not of this deployment, each for its own trust domain alone' },
      ),
    ),
    routes: Type.Array(RouteSchema, { minItems: 1 }),
  },
  closed,
)

export const GatewaySchema = Type.Object(
  {
    name: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$' }),
    listen: Type.Array(Listen, { minItems: 1, uniqueItems: true }),
    workers: Type.Integer({ minimum: 1, maximum: 256, default: 1 }),
    stateDirectory: File('Where the last known status of devices is kept'),
    insecureDevelopmentDevices: Type.Boolean({ default: false }),
    defaultHost: Type.Optional(
      Type.String({
        description: 'For clients that name no host (SNI); otherwise they are refused',
      }),
    ),
    authority: Type.Object(
      {
        url: Type.String({ pattern: '^https://[^/?#@\\s]+/?$' }),
        caFile: File('PEM'),
        certificateFile: File('PEM; the certificate of this gateway'),
        keyFile: File('PEM'),
      },
      closed,
    ),
    operations: Type.Optional(Type.Object({ listen: Listen }, closed)),
    accessLog: Type.Object(
      { path: Type.String({ default: '-', description: 'A file, - for standard output, or off' }) },
      { ...closed, default: {} },
    ),
    tls: Type.Object(
      { minVersion: Type.Enum(['1.2', '1.3'], { default: '1.3' }) },
      { ...closed, default: {} },
    ),
    ticketSecretFile: Type.Optional(
      File('Shared by gateways that are to resume each other’s sessions: 32 bytes or more'),
    ),
    status: Type.Object(
      {
        warnAfterSeconds: Seconds(300),
        sensitiveAfterSeconds: Seconds(3_600),
        stopAfterSeconds: Seconds(86_400),
      },
      { ...closed, default: {} },
    ),
    limits: LimitsSchema,
    hosts: Type.Record(Type.String({ pattern: '^[a-z0-9_.-]{1,253}$' }), HostSchema, {
      minProperties: 1,
      additionalProperties: false,
    }),
    upstreams: Type.Record(
      Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$' }),
      UpstreamSchema,
      {
        additionalProperties: false,
      },
    ),
  },
  closed,
)

/** The section `gateway` of sallyport.yaml, as validated, defaults filled in. */
export type GatewaySettings = Type.Static<typeof GatewaySchema>

export const gatewaySection: Section = { key: 'gateway', schema: GatewaySchema }
