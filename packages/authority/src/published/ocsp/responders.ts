import { generateKey, type Issuer, parseCertificate, signingKeyOf } from '@sallyport/pki'
import { toBase64url } from '@sallyport/wire'
import type { Logger } from 'pino'
import { bytesOf } from '../../signer/bytes.ts'
import type { Signer } from '../../signer/signer.ts'
import type { ListIssuer } from '../list-issuers.ts'

export type RespondersOptions = {
  signer: Pick<Signer, 'responderCertificate'>
  log: Logger
  now: () => number
}

type Responding = Pick<ListIssuer, 'id' | 'reference'>

/** The part of its certificate's life after which a responder is followed by another. */
const renewAfterPart = 1 / 2

/**
 * What this authority signs OCSP answers with: for each CA a key that never leaves this process, and a
 * certificate of the CA for it, of days. It is followed by another in time, so that an outage of whoever
 * signs it is noticed by nobody for a day.
 */
export class Responders {
  readonly #options: RespondersOptions
  readonly #responders = new Map<string, Issuer>()
  readonly #making = new Map<string, Promise<Issuer>>()

  constructor(options: RespondersOptions) {
    this.#options = options
  }

  /** @throws what the signer throws, where there is none in date */
  async of(issuer: Responding): Promise<Issuer> {
    const known = this.#responders.get(issuer.id)
    const now = this.#options.now()
    if (known === undefined || !isInDate(known, now)) return this.#make(issuer)
    const { notBefore, notAfter } = known.certificate
    if (now > notBefore + (notAfter - notBefore) * renewAfterPart) {
      this.#make(issuer).catch((error: unknown) => {
        this.#options.log.error(
          { err: error, issuerId: issuer.id, until: new Date(notAfter).toISOString() },
          'OCSP RESPONDER NOT RENEWED: the one before it goes on until it ends',
        )
      })
    }
    return known
  }

  #make(issuer: Responding): Promise<Issuer> {
    const making = this.#making.get(issuer.id)
    if (making !== undefined) return making
    const made = makeResponder(this.#options.signer, issuer)
      .then((responder) => {
        this.#responders.set(issuer.id, responder)
        return responder
      })
      .finally(() => this.#making.delete(issuer.id))
    this.#making.set(issuer.id, made)
    return made
  }
}

async function makeResponder(
  signer: RespondersOptions['signer'],
  { reference }: Responding,
): Promise<Issuer> {
  const key = signingKeyOf(await generateKey('ec-p256'))
  const spki = toBase64url(key.spki)
  const { certificate } = await signer.responderCertificate({ issuer: reference, spki })
  return { certificate: parseCertificate(bytesOf(certificate)), key }
}

function isInDate({ certificate }: Issuer, now: number): boolean {
  return now >= certificate.notBefore && now < certificate.notAfter
}
