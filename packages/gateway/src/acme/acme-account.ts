import https from 'node:https'
import { Problem } from '@sallyport/problem'
import type acme from 'acme-client'
import type { AcmePlan } from './acme-plan.ts'
import { readRenewalInfo, type RenewalInfo, renewalInfoId } from './renewal-info.ts'
import type { AcmeStore } from './acme-store.ts'

/** Where the answers to challenges are put, before the CA is told to look; and taken away when it has. */
export type ChallengeAnswers = {
  readonly http01: (token: string, keyAuthorization: string) => Promise<() => void>
  readonly tlsAlpn01: (
    host: string,
    pair: { readonly certificate: string; readonly key: string },
  ) => Promise<() => void>
}

const requestTimeoutMs = 30_000
const maxAnswerBytes = 1_048_576

/** Loaded by those configurations alone that ask for it. One instance, whose settings are for all. */
async function loadAcme(): Promise<typeof acme> {
  const { default: library } = await import('acme-client')
  const { defaults } = library.axios
  defaults.timeout = requestTimeoutMs
  defaults.maxContentLength = maxAnswerBytes
  defaults.maxRedirects = 0
  // We have a backoff of our own, which outlives this process.
  Object.assign(defaults, { acmeSettings: { retryMaxAttempts: 0, retryDefaultDelay: 1 } })
  return library
}

/** Which CA certificates an origin is reached under: the library has one setting for all. */
const agents = new Map<string, https.Agent>()
let isIntercepted = false

function trust(library: typeof acme, directoryUrl: string, ca: string | undefined): void {
  const { origin } = new URL(directoryUrl)
  if (ca === undefined) agents.delete(origin)
  else agents.set(origin, new https.Agent({ ca }))
  if (isIntercepted) return
  isIntercepted = true
  library.axios.interceptors.request.use((config) => {
    const agent = agents.get(new URL(config.url ?? '').origin)
    if (agent !== undefined) config.httpsAgent = agent
    return config
  })
}

/** An account with a CA (RFC 8555 §7.3), made when it is first needed. */
export class AcmeAccount {
  readonly #plan: AcmePlan
  readonly #store: AcmeStore

  constructor(plan: AcmePlan, store: AcmeStore) {
    this.#plan = plan
    this.#store = store
  }

  /**
   * One order, from its beginning to the certificate (RFC 8555 §7.4).
   *
   * @throws Error with the words of the CA, or of what lies between
   * @returns chain and key, PEM
   */
  async obtain(
    host: string,
    answers: ChallengeAnswers,
  ): Promise<{ certificate: string; key: string }> {
    const library = await loadAcme()
    trust(library, this.#plan.directoryUrl, this.#plan.ca)
    const client = await this.#open(library)
    const order = await client.createOrder({ identifiers: [{ type: 'dns', value: host }] })
    const removals: (() => void)[] = []
    try {
      for (const authorization of await client.getAuthorizations(order)) {
        if (authorization.status === 'valid') continue
        removals.push(await this.#prove({ library, client, authorization, answers }))
      }
      const key = await newKey(library, this.#plan.keyType)
      const [, request] = await library.crypto.createCsr({ altNames: [host] }, key)
      const finalized = await client.finalizeOrder(order, request)
      return { certificate: await client.getCertificate(finalized), key: key.toString() }
    } finally {
      for (const remove of removals) remove()
    }
  }

  async #prove({
    library,
    client,
    authorization,
    answers,
  }: {
    library: typeof acme
    client: acme.Client
    authorization: acme.Authorization
    answers: ChallengeAnswers
  }): Promise<() => void> {
    const { challenge: type } = this.#plan
    const challenge = authorization.challenges.find((offered) => offered.type === type)
    if (challenge === undefined) throw new Error(`the CA offers no ${type} for this name`)
    const host = authorization.identifier.value
    const keyAuthorization = await client.getChallengeKeyAuthorization(challenge)
    let remove: () => void
    if (type === 'http-01') remove = await answers.http01(challenge.token, keyAuthorization)
    else {
      const made = await library.crypto.createAlpnCertificate(
        authorization,
        keyAuthorization,
        await library.crypto.createPrivateEcdsaKey(),
      )
      const [key, certificate] = made.map(String) as [string, string]
      remove = await answers.tlsAlpn01(host, { certificate, key })
    }
    try {
      await client.completeChallenge(challenge)
      await client.waitForValidStatus(challenge)
    } catch (error) {
      remove()
      throw error
    }
    return remove
  }

  async #open(library: typeof acme): Promise<acme.Client> {
    const { directoryUrl, email, externalAccount } = this.#plan
    const kept = await this.#store.readAccount()
    const key = kept?.key ?? (await library.crypto.createPrivateEcdsaKey()).toString()
    if (kept === undefined) {
      // Before the CA knows it: an account whose key is lost counts against a limit all the same.
      await this.#store.writeAccount({ version: 1, key, directoryUrl, url: undefined })
    }
    const isKnown = kept?.directoryUrl === directoryUrl && kept.url !== undefined
    const client = new library.Client({
      directoryUrl,
      accountKey: key,
      ...(isKnown ? { accountUrl: kept.url } : {}),
      ...(externalAccount === undefined ? {} : { externalAccountBinding: externalAccount }),
      backoffAttempts: 12,
      backoffMin: 500,
      backoffMax: 10_000,
    })
    if (isKnown) return client
    await client.createAccount({
      termsOfServiceAgreed: true,
      ...(email === undefined ? {} : { contact: [`mailto:${email}`] }),
    })
    const url = client.getAccountUrl()
    await this.#store.writeAccount({ version: 1, key, directoryUrl, url })
    return client
  }

  /**
   * When the CA wants a certificate renewed (RFC 9773): sooner than usual where it must revoke it. Undefined
   * where it does not say.
   *
   * @throws Error where it cannot be asked
   */
  async renewalInfo(pem: string, now: number): Promise<RenewalInfo | undefined> {
    const id = renewalInfoId(pem)
    if (id === undefined) return undefined
    const library = await loadAcme()
    trust(library, this.#plan.directoryUrl, this.#plan.ca)
    const url = await this.#renewalInfoUrl(library)
    if (url === undefined) return undefined
    const { status, data, headers } = await library.axios.get<unknown>(`${url}/${id}`)
    if (status !== 200) return undefined
    return readRenewalInfo(data, String(headers['retry-after'] ?? ''), now)
  }

  async #renewalInfoUrl(library: typeof acme): Promise<string | undefined> {
    const { directoryUrl } = this.#plan
    const { data } = await library.axios.get<unknown>(directoryUrl)
    if (typeof data !== 'object' || data === null || !('renewalInfo' in data)) return undefined
    const url = String(data.renewalInfo)
    // A directory does not send us elsewhere.
    const isOurs = URL.canParse(url) && new URL(url).origin === new URL(directoryUrl).origin
    return isOurs ? url : undefined
  }

  /** The next attempt finds the account by its key, or makes it anew where the CA has lost it. */
  async forget(): Promise<void> {
    const kept = await this.#store.readAccount()
    if (kept !== undefined) await this.#store.writeAccount({ ...kept, url: undefined })
  }
}

async function newKey(library: typeof acme, keyType: AcmePlan['keyType']): Promise<Buffer> {
  switch (keyType) {
    case 'ec-p256':
      return library.crypto.createPrivateEcdsaKey('P-256')
    case 'ec-p384':
      return library.crypto.createPrivateEcdsaKey('P-384')
    case 'rsa-2048':
      return library.crypto.createPrivateRsaKey(2_048)
    default:
      throw new Problem('internal_error', { detail: `no key of kind ${String(keyType)}` })
  }
}
