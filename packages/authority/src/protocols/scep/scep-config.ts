import { configProblem } from '@sallyport/problem'
import Type from 'typebox'
import type { AuthorityConfig } from '../../config/authority-config.ts'
import { outgoingUrl } from '../../config/outgoing-url.ts'
import { type ProtocolConfig, protocolMembers } from '../protocol-config.ts'
import { type RenewalKey, renewalKeyMember } from '../../renewal/renewal-key.ts'

/** Asks an MDM whether it handed a challenge out. */
export type ChallengeWebhook = {
  url: string
  /** A text of at least 32 characters that both sides have, and requests are signed with. */
  secretFile: string
  privateAddresses: boolean
}

/** Asks Microsoft Intune, which encrypts into a challenge what it expects of the request. */
export type IntuneConfig = {
  tenantId: string
  clientId: string
  clientSecretFile: string
  loginUrl: string
  graphUrl: string
}

/** How an app's devices enrol by SCEP. */
export type ScepConfig = ProtocolConfig & {
  renewalKey: RenewalKey
  /** Who is asked of a challenge that is no token and no credential of ours. */
  challenge?: { webhook?: ChallengeWebhook; intune?: IntuneConfig }
  /** A secret that every device has: whoever learns it enrols. */
  insecureStaticChallengeFile?: string
  /** Takes requests that are signed over SHA-1. */
  insecureSha1: boolean
  /** Takes requests that are encrypted with DES: whoever sees one has its challenge within a day. */
  insecureDes: boolean
}

const closed = { additionalProperties: false }
const file = (description: string) => Type.String({ minLength: 1, maxLength: 4_096, description })
const rsaKinds = ['rsa-2048', 'rsa-3072', 'rsa-4096'] as const
const off = (description: string) => Type.Optional(Type.Boolean({ default: false, description }))

const WebhookSchema = Type.Object(
  {
    url: Type.String({
      pattern: `^(?:${outgoingUrl})$`,
      description: 'Asked with POST, over https',
    }),
    secretFile: file('A secret of at least 32 characters, in a file of mode 0600'),
    privateAddresses: off('The URL may lead into a private network'),
  },
  { ...closed, description: 'Asks your MDM whether it handed a challenge out' },
)

const IntuneSchema = Type.Object(
  {
    tenantId: Type.String({ pattern: '^[0-9A-Za-z.-]{1,100}$', description: 'Of Microsoft Entra' }),
    clientId: Type.String({
      pattern: '^[0-9A-Za-z-]{1,100}$',
      description: 'Of the app registration that may validate SCEP challenges',
    }),
    clientSecretFile: file('Its client secret, in a file of mode 0600'),
    loginUrl: Type.Optional(
      Type.String({
        pattern: `^(?:${outgoingUrl})$`,
        default: 'https://login.microsoftonline.com',
        description: 'Another cloud has another',
      }),
    ),
    graphUrl: Type.Optional(
      Type.String({
        pattern: `^(?:${outgoingUrl})$`,
        default: 'https://graph.microsoft.com',
        description: 'Another cloud has another',
      }),
    ),
  },
  {
    ...closed,
    description: 'Has Microsoft Intune say whether a challenge and its request are its own',
  },
)

export const ScepSchema = Type.Object(
  {
    ...protocolMembers,
    ...renewalKeyMember,
    keyKinds: Type.Optional(
      Type.Array(Type.Enum([...rsaKinds]), {
        minItems: 1,
        uniqueItems: true,
        default: [...rsaKinds],
        description: 'Kinds of keys that are certified: the answer is encrypted to them, so RSA',
      }),
    ),
    challenge: Type.Optional(
      Type.Object(
        { webhook: Type.Optional(WebhookSchema), intune: Type.Optional(IntuneSchema) },
        {
          ...closed,
          description:
            'Who is asked of challenges that are neither one-time tokens nor MDM credentials of ours',
        },
      ),
    ),
    insecureStaticChallengeFile: Type.Optional(
      file('A secret of at least 16 characters that all devices have. Whoever learns it enrols'),
    ),
    insecureSha1: off('Takes requests signed over SHA-1, as old clients make them'),
    insecureDes: off('Takes requests encrypted with DES, as old clients make them'),
  },
  {
    ...closed,
    description:
      'SCEP (RFC 8894) for MDM, on the status listener, at /scep/<app>. Devices are certified as unattested',
  },
)

/** SCEP is served where revocation lists are, and asks one place of a challenge. */
export function checkScepConfig({ apps, authority }: AuthorityConfig): void {
  for (const [appId, { protocols }] of Object.entries(apps)) {
    const path = ['apps', appId, 'protocols', 'scep']
    const { scep } = protocols
    if (scep === undefined) continue
    if (authority.listeners.status === undefined) {
      throw configProblem('config_invalid', path, 'there is nowhere to serve it', {
        expected: 'authority.listeners.status',
        found: 'none',
      })
    }
    if (scep.challenge?.webhook === undefined || scep.challenge.intune === undefined) continue
    throw configProblem('config_invalid', [...path, 'challenge'], 'two places would be asked', {
      expected: 'webhook or intune',
      found: 'both',
    })
  }
}
