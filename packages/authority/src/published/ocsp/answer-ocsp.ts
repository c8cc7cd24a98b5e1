import {
  backdateMs,
  buildOcspResponse,
  DerError,
  type Issuer,
  type OcspFailure,
  type OcspRequest,
  type OcspStatus,
  parseOcspRequest,
} from '@sallyport/pki'
import type { Authority } from '../../authority.ts'
import type { ListIssuer } from '../list-issuers.ts'
import { findStatuses } from './find-statuses.ts'
import { type KeptAnswer, KeptAnswers } from './kept-answers.ts'
import { PublishedIssuers } from './published-issuers.ts'
import { Responders } from './responders.ts'

/** What came of a request: nothing that can be said, an answer for this one, or one for anybody. */
export type OcspOutcome =
  | { readonly failure: OcspFailure }
  | { readonly der: Buffer; readonly statuses: readonly OcspStatus['status'][] }
  | { readonly kept: KeptAnswer; readonly statuses: readonly OcspStatus['status'][] }

/** Signatures that are waited for: with more, whoever asks is told to come back. */
const maxSigning = 64
/** Where the configuration names no status any more. */
const defaultAnswerMinutes = 60

type Context = Pick<Authority, 'store' | 'config' | 'now' | 'log' | 'signer'>

/** Answers OCSP requests (RFC 6960) about certificates whose status is published, from the store. */
export class OcspAnswerer {
  readonly #authority: Context
  readonly #issuers: PublishedIssuers
  readonly #responders: Responders
  readonly #answers = new KeptAnswers()
  #signing = 0

  constructor(authority: Context) {
    const { store, signer, log, now } = authority
    this.#authority = authority
    this.#issuers = new PublishedIssuers(store.read)
    this.#responders = new Responders({ signer, log, now })
  }

  /** @param der OCSPRequest, whatever it is. Never rejects. */
  async answer(der: Uint8Array): Promise<OcspOutcome> {
    try {
      const request = parseOcspRequest(der)
      const issuer = await this.#issuerOf(request)
      // About certificates of others, and of several CAs: nobody is a responder of both.
      if (issuer === undefined) return { failure: 'unauthorized' }
      return await this.#answer(request, issuer)
    } catch (error) {
      if (error instanceof DerError) return { failure: 'malformedRequest' }
      this.#authority.log.error({ err: error }, 'an OCSP request could not be answered')
      return { failure: 'tryLater' }
    }
  }

  async #issuerOf({ certificates }: OcspRequest): Promise<ListIssuer | undefined> {
    const keys = new Set(certificates.map(({ issuerKey }) => issuerKey))
    const now = this.#authority.now()
    const found = await Promise.all([...keys].map((key) => this.#issuers.find(key, now)))
    const [issuer] = found
    return found.every((other) => other?.id === issuer?.id) ? issuer : undefined
  }

  async #answer(request: OcspRequest, issuer: ListIssuer): Promise<OcspOutcome> {
    const { store, now } = this.#authority
    const { certificates, nonce } = request
    const serials = certificates.map(({ serial }) => serial)
    const statusOf = await findStatuses(store.read, issuer, serials)
    const answers = certificates.map((id) => ({ id, is: statusOf(id.serial) }))
    const statuses = answers.map(({ is }) => is.status)
    const responder = await this.#responders.of(issuer)
    const [only] = answers
    const key =
      nonce === undefined && answers.length === 1 && only !== undefined
        ? `${responder.certificate.thumbprint} ${JSON.stringify(only.is)} ${only.id.der.toString('latin1')}`
        : undefined
    const kept = key === undefined ? undefined : this.#answers.find(key, now())
    if (kept !== undefined) return { kept, statuses }
    if (this.#signing >= maxSigning) return { failure: 'tryLater' }
    const signed = await this.#sign(responder, { answers, nonce })
    return key === undefined
      ? { der: signed.der, statuses }
      : { kept: this.#answers.keep(key, signed), statuses }
  }

  async #sign(
    responder: Issuer,
    answer: Pick<Parameters<typeof buildOcspResponse>[1], 'answers' | 'nonce'>,
  ): Promise<Omit<KeptAnswer, 'etag'>> {
    const { now, config } = this.#authority
    const producedAt = now()
    const minutes = config.authority.status?.answerMinutes ?? defaultAnswerMinutes
    const expiresAt = Math.min(producedAt + minutes * 60_000, responder.certificate.notAfter)
    this.#signing++
    try {
      const der = await buildOcspResponse(responder, {
        ...answer,
        thisUpdate: producedAt - backdateMs,
        nextUpdate: expiresAt,
        producedAt,
      })
      return { der, producedAt, expiresAt }
    } finally {
      this.#signing--
    }
  }
}
