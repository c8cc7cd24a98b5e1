import { randomUUID } from 'node:crypto'
import { addressPolicy, createOutgoingClient, type OutgoingClient } from '@sallyport/token'
import { membersOf } from './ask-mdm.ts'
import type { IntuneConfig } from './scep-config.ts'

/** The service of Intune that validates SCEP requests, and the API that it is of. */
const serviceName = 'ScepRequestValidationFEService'
const apiVersion = '2018-02-20'
const intuneAppId = '0000000a-0000-0000-c000-000000000000'
const scopes = {
  graph: (graphUrl: string) => `${graphUrl}/.default`,
  intune: () => 'https://api.manage.microsoft.com//.default',
} as const

const maxAnswerBytes = 262_144
const locatedForMs = 3_600_000
const accept = 'application/json'

export type IntuneAction = 'validateRequest' | 'successNotification' | 'failureNotification'

type Kept = { readonly value: string; readonly until: number }

/**
 * Calls the SCEP actions of Intune as Microsoft's own client does (Intune-Resource-Access, CsrValidation): a
 * token by client credentials, the place of the service from Graph, then a POST whose answer has `code`. Any
 * failure is an Error that holds no secret.
 */
export class IntuneService {
  readonly #config: IntuneConfig
  readonly #secret: string
  readonly #client: OutgoingClient
  readonly #tokens = new Map<string, Kept>()
  #place: Kept | undefined

  constructor(config: IntuneConfig, secret: string) {
    this.#config = config
    this.#secret = secret
    const urls = [new URL(config.loginUrl), new URL(config.graphUrl)]
    this.#client = createOutgoingClient({ addresses: addressPolicy(false, urls) })
  }

  /** @returns `code` of the answer: `Success`, or why not */
  async act(
    action: IntuneAction,
    message: Readonly<Record<string, unknown>>,
    { signal, now }: { signal: AbortSignal; now: number },
  ): Promise<string> {
    const token = await this.#token(scopes.intune(), signal, now)
    const place = await this.#located(signal, now)
    try {
      const { bytes } = await this.#client({
        url: new URL(`${place}/ScepActions/${action}`),
        signal,
        maxBytes: maxAnswerBytes,
        accept,
        authorization: `Bearer ${token}`,
        headers: { 'client-request-id': randomUUID(), 'api-version': apiVersion },
        json: JSON.stringify(message),
      })
      return textOf(membersOf(bytes), 'code')
    } catch (error) {
      // It may have moved, and the token may have been withdrawn.
      this.#place = undefined
      this.#tokens.clear()
      throw error
    }
  }

  async #located(signal: AbortSignal, now: number): Promise<string> {
    if (this.#place !== undefined && this.#place.until > now) return this.#place.value
    const { graphUrl } = this.#config
    const token = await this.#token(scopes.graph(graphUrl), signal, now)
    const { bytes } = await this.#client({
      url: new URL(`${graphUrl}/v1.0/servicePrincipals/appId=${intuneAppId}/endpoints`),
      signal,
      maxBytes: maxAnswerBytes,
      accept,
      authorization: `Bearer ${token}`,
    })
    const { value } = membersOf(bytes)
    const found = (Array.isArray(value) ? value : []).find(
      (one: unknown) => memberOf(one, 'providerName') === serviceName,
    )
    const place = memberOf(found, 'uri')
    if (place === undefined) throw new Error(`Graph names no endpoint of ${serviceName}`)
    this.#place = { value: place, until: now + locatedForMs }
    return place
  }

  async #token(scope: string, signal: AbortSignal, now: number): Promise<string> {
    const kept = this.#tokens.get(scope)
    if (kept !== undefined && kept.until > now) return kept.value
    const { loginUrl, tenantId, clientId } = this.#config
    const { bytes } = await this.#client({
      url: new URL(`${loginUrl}/${tenantId}/oauth2/v2.0/token`),
      signal,
      maxBytes: maxAnswerBytes,
      accept,
      form: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: clientId,
        client_secret: this.#secret,
        scope,
      }),
    })
    const members = membersOf(bytes)
    const token = textOf(members, 'access_token')
    const seconds = Number(members['expires_in'] ?? 0)
    const livesMs = Number.isFinite(seconds) ? Math.max(0, seconds - 60) * 1_000 : 0
    this.#tokens.set(scope, { value: token, until: now + livesMs })
    return token
  }
}

function textOf(members: Readonly<Record<string, unknown>>, name: string): string {
  const value = members[name]
  if (typeof value === 'string' && value !== '') return value
  throw new Error(`the answer has no ${name}`)
}

function memberOf(value: unknown, name: string): string | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  const member = (value as Readonly<Record<string, unknown>>)[name]
  return typeof member === 'string' ? member : undefined
}
