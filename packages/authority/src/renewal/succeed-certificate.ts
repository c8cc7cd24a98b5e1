import { Problem } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import type { Authority, Caller } from '../authority.ts'
import type { AppConfig } from '../config/app-config.ts'
import { type AuthenticatedDevice, readActive } from '../devices/authenticate-device.ts'
import { noteUse } from '../devices/certificate-use.ts'
import type { CertificateRow, Tables } from '../store/tables.ts'
import { refuseFork } from './fork.ts'
import { readSuccession, type Succession } from './succession.ts'

/** A certificate that is to have a successor, asked for by who proved that it holds its key. */
export type SuccessionOrder<Signed, Known> = {
  appId: string
  app: AppConfig
  /** SHA-256 of the certificate, base64url: one that `verifyOwnCertificate` believes. */
  thumbprint: string
  /** Of the key that the successor is for, base64url. */
  spkiSha256: string
  caller: Caller
  /**
   * Reads what the request is held against that a renewal changes. It is read before the certificate is: whoever overtakes
   * this renewal from here on is seen in its place, and answered alike, and nothing is held against what the other left.
   */
  know: () => Promise<Known>
  /** Refuses by what the store knows of the certificate, before anything is planned. */
  refuse: (holder: AuthenticatedDevice) => void
  /** Refuses a message of long ago that someone sends again: it is no second holder. */
  refuseStale?: (now: number) => void
  /** What a fork does to the device, where that is not what its app says. */
  onFork?: AppConfig['certificate']['onFork'] | undefined
  /** Signs the successor; outside the write, for it may take long. */
  sign: (holder: AuthenticatedDevice, planned: Succession, known: Known) => Promise<Signed>
  /** Writes it. @returns undefined, with nothing written, where something overtook it */
  record: (
    store: Kysely<Tables>,
    signed: Signed,
    place: SuccessorPlace,
  ) => Promise<AuthenticatedDevice | undefined>
}

/** Where a new certificate stands among those of its device. */
export type SuccessorPlace = {
  predecessor: CertificateRow
  device: AuthenticatedDevice['device']
  /** The successor, never used, that the new one takes the place of. */
  replaced: CertificateRow | undefined
  now: number
}

/** How often a renewal begins anew because another one of the same certificate overtook it. */
const maxAttempts = 4

/**
 * Gives a certificate its successor. Asked again with the same key it is the same one; another key takes
 * the place of a successor that was never used, and is a fork where it was.
 *
 * @throws Problem `renewal_forked`, `authority_busy`, those of `readActive` and of the order
 */
export async function succeedCertificate<Signed, Known>(
  authority: Authority,
  order: SuccessionOrder<Signed, Known>,
): Promise<AuthenticatedDevice> {
  const cameAt = authority.now()
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const renewed = await attemptSuccession(authority, order, cameAt)
    if (renewed !== undefined) return renewed
  }
  throw overtaken()
}

function overtaken(): Problem {
  return new Problem('authority_busy', {
    expected: 'one renewal of a certificate at a time',
    found: 'several with different keys',
    retryAfterSeconds: 1,
  })
}

type Outcome = { renewed: AuthenticatedDevice; isNew: boolean } | { refusal: Problem } | undefined

/** @returns undefined where another renewal was first */
async function attemptSuccession<Signed, Known>(
  authority: Authority,
  order: SuccessionOrder<Signed, Known>,
  cameAt: number,
): Promise<AuthenticatedDevice | undefined> {
  const { store, metrics } = authority
  const { appId, app, thumbprint, spkiSha256, caller } = order
  const known = await order.know()
  const holder = await readActive(store.read, thumbprint, true)
  order.refuse(holder)
  const planned = await readSuccession(store.read, holder.certificate, spkiSha256)
  const signed = isNew(planned)
    ? await signUnlessOvertaken(authority, order, holder, planned, known)
    : undefined
  const outcome = await store.write(async (tx): Promise<Outcome> => {
    const now = authority.now()
    const { certificate, device } = await readActive(tx, thumbprint, true)
    const current = await readSuccession(tx, certificate, spkiSha256)
    if (current.kind === 'fork') {
      // Its device may have given this message up, sent another key, and be at work with that by now: a second holder
      // asks again, and is seen then.
      if (current.rival.issued_at > cameAt) throw overtaken()
      order.refuseStale?.(now)
      const { address: actor, requestId } = caller
      const fork = { shown: certificate, rival: current.rival, actor, now, detail: { requestId } }
      const { onFork = app.certificate.onFork } = order
      return { refusal: await refuseFork(tx, fork, { spkiSha256, onFork }) }
    }
    await noteUse(tx, [thumbprint], { seenBy: `device:${device.id}`, now })
    if (current.kind === 'again') {
      return { renewed: { certificate: current.successor, device }, isNew: false }
    }
    if (signed === undefined || !isSame(current, planned)) return undefined
    const replaced = current.kind === 'replace' ? current.successor : undefined
    const place = { predecessor: certificate, device, replaced, now }
    const renewed = await order.record(tx, signed, place)
    return renewed === undefined ? undefined : { renewed, isNew: true }
  })
  if (outcome === undefined) return undefined
  // Thrown once the fork is committed.
  if ('refusal' in outcome) throw outcome.refusal
  metrics.issued(appId, outcome.isNew ? 'renewal' : 'again')
  return outcome.renewed
}

/**
 * Signs what is planned.
 *
 * @returns undefined where it is refused and something was faster: its own repeat, say, which used up what it needs
 */
async function signUnlessOvertaken<Signed, Known>(
  { store }: Authority,
  { thumbprint, spkiSha256, sign }: SuccessionOrder<Signed, Known>,
  ...[holder, planned, known]: [AuthenticatedDevice, Succession, Known]
): Promise<Signed | undefined> {
  try {
    return await sign(holder, planned, known)
  } catch (error) {
    const { certificate } = await readActive(store.read, thumbprint, true)
    const current = await readSuccession(store.read, certificate, spkiSha256)
    if (isSame(current, planned)) throw error
    return undefined
  }
}

const isNew = ({ kind }: Succession): boolean => kind === 'first' || kind === 'replace'

function isSame(current: Succession, planned: Succession): boolean {
  const replaced = (succession: Succession) =>
    succession.kind === 'replace' ? succession.successor.thumbprint : succession.kind
  return replaced(current) === replaced(planned)
}
