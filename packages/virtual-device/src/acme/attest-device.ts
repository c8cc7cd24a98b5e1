import { createPublicKey, type KeyObject } from 'node:crypto'
import { createSigningRequest } from '@sallyport/pki'
import { toBase64url } from '@sallyport/wire'
import { androidKeyChain } from '../android/android-key-evidence.ts'
import type { AndroidPhone } from '../android/android-phone.ts'
import type { AttestationBatch } from '../android/attestation-batch.ts'
import type { IosPhone } from '../apple/ios-phone.ts'
import { managedDeviceChain } from '../apple/managed-device-evidence.ts'
import { type CborValue, writeCbor } from '../apple/write-cbor.ts'
import type { DevelopmentRoot } from '../development-root.ts'
import { type AcmeAccount, type AcmeAnswer, newAcmeKey } from './acme-account.ts'

/** A phone under management that answers `device-attest-01`. */
export type ManagedPhone = {
  readonly root: DevelopmentRoot
  /** When its attestation is made; milliseconds, default now. */
  readonly at?: number
} & (
  | {
      readonly platform: 'android'
      readonly phone: Partial<AndroidPhone>
      /** Where several phones are attested by one key. */
      readonly batch?: AttestationBatch
    }
  | { readonly platform: 'ios'; readonly phone: Partial<IosPhone> }
)

export type AttestedOrder = {
  readonly identifier: { readonly type: string; readonly value: string }
  readonly phone: ManagedPhone
  /** P-256; default a new one. */
  readonly key?: KeyObject
}

/** What came of an order, and every answer on the way there. */
export type AttestedCertificate = {
  readonly order: AcmeAnswer
  readonly challenge: AcmeAnswer
  readonly finalized: AcmeAnswer
  /** PEM. */
  readonly chain: string
  readonly key: KeyObject
}

/** What a phone attests of a key for a challenge (draft-ietf-acme-device-attest §5): CBOR. */
export function attestationObject(
  { root, at, ...managed }: ManagedPhone,
  { token, thumbprint, key }: { token: string; thumbprint: string; key: KeyObject },
): Buffer {
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' })
  const when = at === undefined ? {} : { at }
  const [fmt, chain] =
    managed.platform === 'android'
      ? ([
          'android-key',
          androidKeyChain({
            root,
            spki,
            phone: managed.phone,
            challenge: Buffer.from(`${token}.${thumbprint}`),
            ...(managed.batch === undefined ? {} : { batch: managed.batch }),
            ...when,
          }),
        ] as const)
      : ([
          'apple',
          managedDeviceChain({
            root,
            spki,
            phone: managed.phone,
            challenge: Buffer.from(token),
            ...when,
          }),
        ] as const)
  const statement = new Map<string, CborValue>([['x5c', chain]])
  return writeCbor(
    new Map<string, CborValue>([
      ['fmt', fmt],
      ['attStmt', statement],
    ]),
  )
}

/**
 * Orders a certificate for an attested key: order, attestation, signing request, certificate.
 *
 * @throws Error with the answer of a server that refuses on the way
 */
export async function orderAttested(
  account: AcmeAccount,
  { identifier, phone, key = newAcmeKey() }: AttestedOrder,
): Promise<AttestedCertificate> {
  const { newOrder = '' } = account.directory
  const order = expectOk(await account.post(newOrder, { identifiers: [identifier] }))
  const authorization = expectOk(await account.post(String(order.body.authorizations[0])))
  const [challenge] = authorization.body.challenges as { url: string; token: string }[]
  if (challenge === undefined) throw new Error('no challenge')
  const { thumbprint } = account
  const attObj = attestationObject(phone, { token: challenge.token, thumbprint, key })
  const answered = expectOk(await account.post(challenge.url, { attObj: toBase64url(attObj) }))
  if (answered.body.status !== 'valid') throw new Error(`not attested: ${answered.text}`)
  const csr = toBase64url(
    createSigningRequest({ privateKey: key, publicKey: createPublicKey(key) }),
  )
  const finalized = expectOk(await account.post(String(order.body.finalize), { csr }))
  const certificate = expectOk(await account.post(String(finalized.body.certificate)))
  return { order, challenge: answered, finalized, chain: certificate.text, key }
}

function expectOk(answer: AcmeAnswer): AcmeAnswer {
  if (answer.status < 300) return answer
  throw new Error(`${answer.status}: ${answer.text}`)
}
