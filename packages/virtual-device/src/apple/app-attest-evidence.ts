import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { derContext, derOctetString, derSequence } from '@sallyport/pki'
import { type Evidence, toBase64url } from '@sallyport/wire'
import type { DevelopmentRoot } from '../development-root.ts'
import {
  authorityExtensions,
  signatureUsage,
  spkiOf,
  writeCertificate,
  writeExtension,
  writeName,
} from '../write-certificate.ts'
import type { AppAttestKeyPair } from './app-attest-key.ts'
import {
  describeAssertion,
  describeAttestation,
  writeAuthenticatorData,
} from './authenticator-data.ts'
import {
  type AppAttestHostility,
  type AppAttestHostilitySteps,
  appAttestHostilities,
} from './hostile-ios.ts'
import { defaultIosPhone, type IosPhone } from './ios-phone.ts'
import { makeReceipt } from './receipt.ts'
import { writeCbor } from './write-cbor.ts'

type Options = {
  readonly key: AppAttestKeyPair
  /** What the app hands to App Attest the SHA-256 of. */
  readonly clientData: Uint8Array
  /** What is different from `defaultIosPhone`. */
  readonly phone?: Partial<IosPhone>
  readonly hostility?: AppAttestHostility
}

export type AppAttestationOptions = Options & {
  readonly root: DevelopmentRoot
  /** When Apple attests; milliseconds, default now. */
  readonly at?: number
}

export type AppAssertionOptions = Options & {
  /** Of this assertion; the first has 1. */
  readonly counter: number
}

/** Everything that an attestation is made of, for a hostile phone to change. */
export type AppAttestationRequest = Required<Omit<AppAttestationOptions, 'hostility' | 'phone'>> & {
  readonly phone: IosPhone
}
export type AppAssertionRequest = Required<Omit<AppAssertionOptions, 'hostility' | 'phone'>> & {
  readonly phone: IosPhone
}

const extensionBase = '1.2.840.113635.100.8'
const dayMs = 86_400_000

/** What `attestKey` returns: CBOR `{fmt, attStmt: {x5c, receipt}, authData}`. */
export function appAttestation({ hostility, ...options }: AppAttestationOptions): Buffer {
  const steps = stepsOf(hostility)
  const phone = { ...defaultIosPhone, ...options.phone, ...steps.phone }
  const asked = { at: Date.now(), ...options, phone }
  const request = steps.attestation?.(asked) ?? asked
  const { root, at, key, clientData } = request
  const described = describeAttestation(request.phone, key.spki)
  const authData = writeAuthenticatorData(steps.authenticatorData?.(described) ?? described)
  const clientDataHash = createHash('sha256').update(clientData).digest()
  const nonce = createHash('sha256').update(authData).update(clientDataHash).digest()
  const [leaf, intermediate] = credentialChain(request, steps.nonce?.(nonce) ?? nonce)
  const { appId, environment } = request.phone
  const receipt = makeReceipt({
    root,
    appId,
    environment,
    attestedCertificate: leaf,
    clientDataHash,
    at,
  })
  const statement = new Map<string, Buffer | Buffer[]>([
    ['x5c', [leaf, intermediate]],
    ['receipt', receipt],
  ])
  const object = writeCbor(
    new Map<string, string | Buffer | typeof statement>([
      ['fmt', 'apple-appattest'],
      ['attStmt', statement],
      ['authData', authData],
    ]),
  )
  return steps.object?.(object) ?? object
}

/** What `generateAssertion` returns: CBOR `{signature, authenticatorData}`. */
export function appAssertion({ hostility, ...options }: AppAssertionOptions): Buffer {
  const steps = stepsOf(hostility)
  const asked = { ...options, phone: { ...defaultIosPhone, ...options.phone, ...steps.phone } }
  const request = steps.assertion?.(asked) ?? asked
  const described = describeAssertion(request.phone, request.counter)
  const authenticatorData = writeAuthenticatorData(
    steps.authenticatorData?.(described) ?? described,
  )
  const clientDataHash = createHash('sha256').update(request.clientData).digest()
  const nonce = createHash('sha256').update(authenticatorData).update(clientDataHash).digest()
  // ECDSA with SHA-256 over the nonce, which is a hash already: so it is hashed twice.
  const signature = sign('sha256', steps.nonce?.(nonce) ?? nonce, request.key.privateKey)
  const object = writeCbor(
    new Map<string, Buffer>([
      ['signature', signature],
      ['authenticatorData', authenticatorData],
    ]),
  )
  return steps.object?.(object) ?? object
}

/** An attestation as the device API carries it. */
export function appAttestationEvidence(options: AppAttestationOptions): Evidence {
  const { keyId } = options.key
  const attestation = toBase64url(appAttestation(options))
  return { format: 'apple-app-attest', keyId, attestation }
}

/** An assertion as the device API carries it. */
export function appAssertionEvidence(options: AppAssertionOptions): Evidence {
  const { keyId } = options.key
  return { format: 'apple-app-attest', keyId, assertion: toBase64url(appAssertion(options)) }
}

const stepsOf = (hostility: AppAttestHostility | undefined): AppAttestHostilitySteps =>
  hostility === undefined ? {} : appAttestHostilities[hostility]

/** The credential certificate and the CA above it; the root is not sent. */
function credentialChain(request: AppAttestationRequest, nonce: Buffer): [Buffer, Buffer] {
  const { root, at, key, phone } = request
  const apple = { organisation: 'Apple Inc. (virtual)', state: 'California' }
  const authority = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey
  const authorityName = writeName({ commonName: 'Development App Attestation CA 1', ...apple })
  const intermediate = writeCertificate({
    signer: root,
    subject: authorityName,
    spki: spkiOf(authority),
    notBefore: at - 365 * dayMs,
    notAfter: at + 4 * 365 * dayMs,
    extensions: authorityExtensions(),
  })
  const leaf = writeCertificate({
    signer: { name: authorityName, key: authority },
    subject: writeName({
      commonName: Buffer.from(key.keyId, 'base64').toString('hex'),
      unit: 'AAA Certification',
      ...apple,
    }),
    spki: key.spki,
    notBefore: at - dayMs,
    notAfter: at + 2 * dayMs,
    extensions: [
      signatureUsage(),
      writeExtension(`${extensionBase}.5`, derSequence(derContext(1_204, text(phone.appId)))),
      writeExtension(`${extensionBase}.7`, derSequence(derContext(1_400, text(phone.osVersion)))),
      writeExtension(`${extensionBase}.2`, derSequence(derContext(1, derOctetString(nonce)))),
    ],
  })
  return [leaf, intermediate]
}

const text = (value: string) => derOctetString(Buffer.from(value, 'utf8'))
