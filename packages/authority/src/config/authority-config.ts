import type { Section } from '@sallyport/config'
import { type IdentityProvider, IdentityProvidersSchema } from '@sallyport/token'
import Type from 'typebox'
import { defaultChain } from '../audit/chain.ts'
import { type AdminAccessConfig, AdminAccessSchema } from './admin-config.ts'
import { type AppConfig, AppsSchema } from './app-config.ts'
import { type AttestationConfig, AttestationSchema } from './attestation-config.ts'
import { type KeysConfig, KeysSchema, type SignerConfig, SignerSchema } from './keys-config.ts'
import { type PrivacyConfig, PrivacySchema } from './privacy-config.ts'
import { type SessionsConfig, SessionsSchema } from './sessions-config.ts'
import { type StatusConfig, StatusSchema } from './status-config.ts'
import { type StoreConfig, StoreSchema } from './store-config.ts'
import { type WebhookConfig, WebhooksSchema } from '../webhooks/webhook-config.ts'
import { type TokenExchangeConfig, TokenExchangeSchema } from './token-exchange-config.ts'

export type TlsListenerConfig = { listen: string; certificateFile: string; keyFile: string }
export type MtlsListenerConfig = TlsListenerConfig & { url: string }

/** What the authority reads of sallyport.yaml, defaults filled in. Paths are relative to the file. */
export type AuthorityConfig = {
  trustDomain: string
  store: StoreConfig
  apps: Record<string, AppConfig>
  attestation: AttestationConfig
  identityProviders: Record<string, IdentityProvider>
  authority: {
    name: string
    keys: KeysConfig
    signer: SignerConfig
    /** The authority holds the keys itself: whoever takes it over has them. */
    insecureSingleProcess: boolean
    unreadySeconds: number
    listeners: {
      device: TlsListenerConfig
      mtls?: MtlsListenerConfig
      admin: TlsListenerConfig
      operations: { listen: string }
      status?: { listen: string }
    }
    status?: StatusConfig
    admin: AdminAccessConfig
    sessions: SessionsConfig
    tokenExchange: Record<string, TokenExchangeConfig>
    privacy: PrivacyConfig
    webhooks: Record<string, WebhookConfig>
  }
}

const closed = { additionalProperties: false }
const file = (description: string) => Type.String({ minLength: 1, maxLength: 4_096, description })
/** Address and port; IPv6 addresses stand in brackets. Port 0 takes a free one. */
const Listen = Type.String({
  pattern: '^(?:\\[[0-9a-fA-F:.]+\\]|[0-9A-Za-z.-]+):[0-9]{1,5}$',
  description: 'Address and port, as 127.0.0.1:8443 or [::1]:8443',
})
const tlsMembers = {
  listen: Listen,
  certificateFile: file('PEM: the server certificate, then its chain'),
  keyFile: file('PEM: its private key'),
}
const tlsListener = (description: string) => Type.Object(tlsMembers, { ...closed, description })

const AuthoritySchema = Type.Object(
  {
    name: Type.String({
      pattern: '^[a-z0-9](?:[a-z0-9.-]{0,62}[a-z0-9])?$',
      default: defaultChain,
      description:
        'Of several authorities over one store each has its own: its audit log is kept under it',
    }),
    keys: KeysSchema,
    signer: SignerSchema,
    insecureSingleProcess: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          'The authority opens the keys of the CAs itself, and there is no signer: whoever takes it over has them',
      }),
    ),
    listeners: Type.Object(
      {
        device: tlsListener('The device API: where phones enrol and renew'),
        mtls: Type.Optional(
          Type.Object(
            {
              ...tlsMembers,
              url: Type.String({
                pattern: '^https://[^/?#@\\s]{1,300}$',
                description: 'https origin under which phones reach it',
              }),
            },
            {
              ...closed,
              description:
                'The device API for those that hold a certificate: whoever floods the device listener with enrolments holds up nobody here',
            },
          ),
        ),
        admin: tlsListener('The admin API, and the feed for gateways. Keep it off the internet'),
        operations: Type.Object(
          { listen: Listen },
          { ...closed, description: 'Health, version and metrics, over plain HTTP' },
        ),
        status: Type.Optional(
          Type.Object(
            { listen: Listen },
            {
              ...closed,
              description: 'What is published for anybody, over plain HTTP: revocation lists, OCSP',
            },
          ),
        ),
      },
      { ...closed, description: 'Where the authority listens' },
    ),
    unreadySeconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 60,
        default: 0,
        description:
          'So long after SIGTERM it says that it is not ready, and answers: until its balancer has found that out',
      }),
    ),
    status: Type.Optional(StatusSchema),
    admin: Type.Optional(AdminAccessSchema),
    sessions: Type.Optional(SessionsSchema),
    tokenExchange: Type.Optional(TokenExchangeSchema),
    privacy: Type.Optional(PrivacySchema),
    webhooks: Type.Optional(WebhooksSchema),
  },
  { ...closed, description: 'The authority: who gets a certificate, and for how long it counts' },
)

/** The sections of sallyport.yaml that the authority owns. */
export const authoritySections: readonly Section[] = [
  { key: 'store', schema: StoreSchema },
  { key: 'apps', schema: AppsSchema },
  { key: 'attestation', schema: AttestationSchema },
  { key: 'identityProviders', schema: { ...IdentityProvidersSchema, default: {} } },
  { key: 'authority', schema: AuthoritySchema },
]
