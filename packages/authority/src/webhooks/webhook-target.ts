import { resolvePath } from '@sallyport/config'
import { configProblem } from '@sallyport/problem'
import {
  addressPolicy,
  createOutgoingClient,
  namedNetworks,
  type OutgoingClient,
  type ResolveName,
} from '@sallyport/token'
import { isActionLike } from '../audit/audit-actions.ts'
import type { AuthorityConfig } from '../config/authority-config.ts'
import { readNamedBytes } from '../config/named-file.ts'
import { secretLineOf } from '../passphrase.ts'
import { readSigningKey } from './standard-webhooks.ts'
import type { WebhookConfig } from './webhook-config.ts'

/** A receiver, with all that calling it takes. */
export type WebhookTarget = {
  readonly name: string
  readonly url: URL
  readonly client: OutgoingClient
  /** One, or two while they change. */
  readonly keys: readonly Buffer[]
  readonly timeoutMs: number
  readonly apps: readonly string[] | undefined
  readonly events: readonly string[]
  /** Whether it is sent what happened. */
  wants(event: { action: string; appId: string | undefined }): boolean
}

/** By name. */
export type WebhookTargets = ReadonlyMap<string, WebhookTarget>

/**
 * Reads secrets and certificates of the receivers. Nobody is called yet.
 *
 * @param resolveName as the system resolves, where it is left out
 * @throws Problem `config_invalid`, `config_unreadable`, and those of `secretLineOf`
 */
export function readWebhooks(
  directory: string,
  { authority }: Pick<AuthorityConfig, 'authority'>,
  resolveName?: ResolveName,
): WebhookTargets {
  return new Map(
    Object.entries(authority.webhooks).map(([name, webhook]) => [
      name,
      targetOf(directory, name, webhook, resolveName),
    ]),
  )
}

function targetOf(
  directory: string,
  name: string,
  config: WebhookConfig,
  resolveName: ResolveName | undefined,
): WebhookTarget {
  const path = ['authority', 'webhooks', name]
  const { secretFile, nextSecretFile, caFile, apps, events } = config
  const url = new URL(config.url)
  const keys = [keyOf(directory, secretFile, [...path, 'secretFile'])]
  if (nextSecretFile !== undefined) {
    keys.push(keyOf(directory, nextSecretFile, [...path, 'nextSecretFile']))
  }
  const tls =
    caFile === undefined ? {} : { ca: readNamedBytes(directory, caFile, [...path, 'caFile']) }
  // An https URL that names this machine is called where its network is named, as any other.
  const configured = config.insecurePlaintext ? [url] : []
  const addresses = {
    ...addressPolicy(false, configured),
    networks: namedNetworks(config.networks),
  }
  return {
    name,
    url,
    keys,
    apps,
    events,
    timeoutMs: config.timeoutSeconds * 1_000,
    client: createOutgoingClient({ addresses, tls, resolveName }),
    wants: ({ action, appId }) =>
      (apps === undefined || (appId !== undefined && apps.includes(appId))) &&
      events.some((pattern) => isActionLike(action, pattern)),
  }
}

function keyOf(directory: string, file: string, path: readonly string[]): Buffer {
  const key = readSigningKey(secretLineOf(resolvePath(directory, file), path))
  if (key !== undefined) return key
  throw configProblem('config_invalid', path, 'the file holds something else', {
    expected: 'whsec_ and 24 to 64 bytes in base64: echo "whsec_$(openssl rand -base64 32)"',
    found: 'another text',
  })
}
