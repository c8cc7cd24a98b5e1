import { namedNetworks } from '@sallyport/token'
import { configProblem } from '@sallyport/problem'
import Type from 'typebox'
import { meansSomething } from '../audit/audit-actions.ts'
import type { AuthorityConfig } from '../config/authority-config.ts'

/** Where events of the audit log are sent, and which. */
export type WebhookConfig = {
  url: string
  secretFile: string
  /** The one that comes: both sign. */
  nextSecretFile?: string
  events: string[]
  /** Undefined: of every app, and of none. */
  apps?: string[]
  networks: string[]
  caFile?: string
  timeoutSeconds: number
  insecurePlaintext: boolean
}

const closed = { additionalProperties: false }
const file = (description: string) => Type.String({ minLength: 1, maxLength: 4_096, description })

const WebhookSchema = Type.Object(
  {
    url: Type.String({
      pattern: '^https?://[^\\s#@/?]+(?:[/?][^\\s#]*)?$',
      maxLength: 2_048,
      description:
        'Called with POST, over https. Path and query may hold secrets: nobody is told them',
    }),
    secretFile: file(
      'whsec_ and 24 to 64 bytes in base64, in a file of mode 0600: requests are signed with it',
    ),
    nextSecretFile: Type.Optional(
      file('The one that comes: as long as both are named, requests have two signatures'),
    ),
    events: Type.Array(Type.String({ pattern: '^(?:\\*|[a-z_-]+(?:\\.[a-z_-]+|\\.\\*))$' }), {
      minItems: 1,
      maxItems: 100,
      uniqueItems: true,
      description:
        'What is sent: actions of the audit log, such as certificate.revoked, device.* or *',
    }),
    apps: Type.Optional(
      Type.Array(Type.String(), {
        minItems: 1,
        uniqueItems: true,
        description: 'Only what is of these apps',
      }),
    ),
    networks: Type.Optional(
      Type.Array(Type.String({ pattern: '^[0-9a-fA-F:.]+(?:/[0-9]{1,3})?$' }), {
        default: [],
        maxItems: 32,
        description:
          'Private networks that the URL may lead into, such as 10.1.0.0/16. Link-local addresses, and with them the metadata services of clouds, are never called',
      }),
    ),
    caFile: Type.Optional(file('PEM: the CAs of the receiver, in place of those of the system')),
    timeoutSeconds: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 60, default: 15, description: 'For an answer' }),
    ),
    insecurePlaintext: Type.Optional(
      Type.Boolean({
        default: false,
        description: 'Takes an http:// URL that leads to this very machine',
      }),
    ),
  },
  { ...closed, description: 'A receiver of events' },
)

export const WebhooksSchema = Type.Record(
  Type.String({ pattern: '^[a-z0-9](?:[a-z0-9-]{0,62})$' }),
  WebhookSchema,
  {
    default: {},
    maxProperties: 50,
    description: 'Where events of the audit log are sent, by name (Standard Webhooks)',
  },
)

/** Names of this machine that a URL can have. */
const loopback = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

/** @throws Problem `config_invalid` */
export function checkWebhooks({
  apps,
  authority,
}: Pick<AuthorityConfig, 'apps' | 'authority'>): void {
  for (const [name, webhook] of Object.entries(authority.webhooks)) {
    const path = ['authority', 'webhooks', name]
    const url = URL.parse(webhook.url)
    const isPlain = url?.protocol === 'http:'
    if (url === null || (isPlain && !loopback.test(url.hostname))) {
      throw configProblem('config_invalid', [...path, 'url'], 'it would be called without TLS', {
        expected: 'a URL with https',
        found: url === null ? 'none' : `${url.protocol}//${url.host}`,
      })
    }
    if (isPlain !== webhook.insecurePlaintext) {
      const member = isPlain ? 'url' : 'insecurePlaintext'
      throw configProblem(
        'config_invalid',
        [...path, member],
        'plain HTTP is said by both, or none',
        {
          expected: isPlain ? 'https, or insecurePlaintext: true' : 'a URL with http, or false',
          found: isPlain ? 'http' : 'true',
        },
      )
    }
    for (const [index, appId] of (webhook.apps ?? []).entries()) {
      if (Object.hasOwn(apps, appId)) continue
      throw configProblem(
        'config_invalid',
        [...path, 'apps', String(index)],
        'there is no such app',
        {
          expected: Object.keys(apps).join(', '),
          found: appId,
        },
      )
    }
    checkEvents(webhook.events, [...path, 'events'])
    checkNetworks(webhook.networks, [...path, 'networks'])
  }
}

function checkEvents(events: readonly string[], path: readonly string[]): void {
  for (const [index, pattern] of events.entries()) {
    if (meansSomething(pattern)) continue
    throw configProblem('config_invalid', [...path, String(index)], 'no event is of this type', {
      expected: 'a type of docs/reference/events.md, device.* or *',
      found: pattern,
    })
  }
}

function checkNetworks(networks: readonly string[], path: readonly string[]): void {
  for (const [index, network] of networks.entries()) {
    try {
      namedNetworks([network])
    } catch (cause) {
      throw configProblem('config_invalid', [...path, String(index)], 'it is no network', {
        expected: '10.1.0.0/16, fd12::/48 or an address',
        found: network,
        cause,
      })
    }
  }
}
