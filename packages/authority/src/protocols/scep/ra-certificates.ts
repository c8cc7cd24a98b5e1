import { type Certificate, parseCertificate } from '@sallyport/pki'
import { toBase64url } from '@sallyport/wire'
import { appendAudit } from '../../audit/audit-log.ts'
import { made } from '../../audit/change.ts'
import type { Authority } from '../../authority.ts'
import { bytesOf } from '../../signer/bytes.ts'
import type { CaReference } from '../../signer/signer.ts'

/** A registration authority as it is named to the signer. */
export type Ra = { readonly certificate: Certificate; readonly reference: CaReference }

/** The next one is there in the last third of the life of the last. */
const renewAtPart = 2 / 3
/** How long what the store says is taken as it is: another authority may have made one. */
const rememberMs = 30_000

type Known = { readonly ras: readonly Ra[]; readonly until: number }

/**
 * The registration authorities of SCEP: one for each CA that issues by it, made when it is first asked for and
 * followed by another before it ends. Clients keep its certificate, so those before it open requests as long
 * as they are in date.
 */
export class RaCertificates {
  readonly #authority: Authority
  readonly #known = new Map<string, Known>()
  readonly #making = new Map<string, Promise<void>>()

  constructor(authority: Authority) {
    this.#authority = authority
  }

  /**
   * Those in date of the CA that issues in a lane now, newest first; there is at least one.
   *
   * @throws Problem `issuer_missing`, and those of the signer
   */
  async of(appId: string, lane: string): Promise<readonly [Ra, ...Ra[]]> {
    const ca = this.#authority.issuers.issuing(appId, 'unattested', lane)
    const now = this.#authority.now()
    let ras = await this.#inDate(ca.id)
    const [newest] = ras
    if (newest === undefined || isOld(newest.certificate, ca.certificate, now)) {
      await this.#make(ca)
      ras = await this.#inDate(ca.id)
    }
    const [first, ...others] = ras
    if (first === undefined) throw new TypeError(`No registration authority under ${ca.id}`)
    return [first, ...others]
  }

  async #inDate(issuerId: string): Promise<readonly Ra[]> {
    const { store, now } = this.#authority
    let known = this.#known.get(issuerId)
    if (known === undefined || known.until < now()) {
      const rows = await store.read
        .selectFrom('scep_ras')
        .selectAll()
        .where('issuer_id', '=', issuerId)
        .where('not_after', '>', now())
        .orderBy('not_after', 'desc')
        .execute()
      const ras = rows.map((row) => ({
        certificate: parseCertificate(row.certificate),
        reference: { keyName: row.key_name, certificate: toBase64url(row.certificate) },
      }))
      known = { ras, until: now() + rememberMs }
      this.#known.set(issuerId, known)
    }
    return known.ras.filter(({ certificate }) => certificate.notAfter > now())
  }

  /** One at a time of each CA: whoever asks meanwhile waits for it. */
  #make(ca: { id: string; reference: CaReference; appId: string }): Promise<void> {
    const making =
      this.#making.get(ca.id) ?? this.#makeOne(ca).finally(() => this.#making.delete(ca.id))
    this.#making.set(ca.id, making)
    return making
  }

  async #makeOne(ca: { id: string; reference: CaReference; appId: string }): Promise<void> {
    const { store, signer, now } = this.#authority
    const { count } = await store.read
      .selectFrom('scep_ras')
      .select((column) => column.fn.countAll<number>().as('count'))
      .where('app_id', '=', ca.appId)
      .executeTakeFirstOrThrow()
    const generation = Number(count) + 1
    const { keyName, certificate: text } = await signer.scepRa({ issuer: ca.reference, generation })
    const certificate = parseCertificate(bytesOf(text))
    await store.write(async (tx) => {
      const { numInsertedOrUpdatedRows } = await tx
        .insertInto('scep_ras')
        .values({
          key_name: keyName,
          app_id: ca.appId,
          issuer_id: ca.id,
          certificate: certificate.der,
          not_after: certificate.notAfter,
        })
        // Another authority made it at the same time: its certificate is of the same key.
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst()
      if (numInsertedOrUpdatedRows !== 1n) return
      await appendAudit(tx, {
        at: now(),
        actor: 'authority',
        action: 'scep-ra.created',
        subject: certificate.thumbprint,
        detail: { appId: ca.appId, ...made({ keyName, notAfter: certificate.notAfter }) },
      })
    })
    this.#known.delete(ca.id)
  }
}

/** One that lives as long as its CA has no better one to come. */
function isOld({ notBefore, notAfter }: Certificate, ca: Certificate, now: number): boolean {
  return notAfter < ca.notAfter && now > notBefore + (notAfter - notBefore) * renewAtPart
}
