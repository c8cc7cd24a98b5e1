import { createHash, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import {
  derBoolean,
  derContext,
  derNamedBits,
  derOctetString,
  derSequence,
  oids,
} from '@sallyport/pki'
import {
  type CborValue,
  type DevelopmentRoot,
  makeDevelopmentRoot,
  makeReceipt,
  writeCbor,
  writeCertificate,
  writeExtension,
  writeName,
} from '@sallyport/virtual-device'
import { appraiseAppAttestation, type AttestationResult, trustAnchor } from '../../src/index.ts'

export const root: DevelopmentRoot = makeDevelopmentRoot()
const anchors = [trustAnchor(root.certificate, { development: true })]
export const trust = { appAttest: { anchors }, appAttestReceipts: { anchors } }

export const appId = 'ABCDE12345.com.example.wallet'
export const clientData: Buffer = randomBytes(32)
export const at: number = Date.now()
const hourMs = 3_600_000
const dates = { notBefore: at - hourMs, notAfter: at + hourMs }

export const sha256 = (...parts: (string | Uint8Array)[]): Buffer => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

export type ForgedKey = { readonly privateKey: KeyObject; readonly spki: Buffer }

export function newKey(namedCurve = 'P-256'): ForgedKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve })
  return { privateKey, spki: publicKey.export({ format: 'der', type: 'spki' }) }
}

export const pointOf = ({ spki }: ForgedKey): Buffer => spki.subarray(-65)
export const keyIdOf = (key: ForgedKey): string => sha256(pointOf(key)).toString('base64')

/** COSE_Key of a P-256 key for ES256. */
export const coseKey = (point: Buffer): Map<number, CborValue> =>
  new Map<number, CborValue>([
    [1, 2],
    [3, -7],
    [-1, 1],
    [-2, point.subarray(1, 33)],
    [-3, point.subarray(33)],
  ])

export const authorityExtensions = [
  writeExtension(oids.basicConstraints, derSequence(derBoolean(true)), true),
  writeExtension(oids.keyUsage, derNamedBits([5, 6]), true),
]

/** What stands in for "Apple App Attestation CA 1". */
export const authority: ForgedKey & { readonly name: Buffer; readonly der: Buffer } = (() => {
  const key = newKey('P-384')
  const name = writeName({ commonName: 'Forged attestation CA' })
  const extensions = authorityExtensions
  const certificate = { signer: root, subject: name, spki: key.spki, extensions, ...dates }
  return { ...key, name, der: writeCertificate(certificate) }
})()

/** The parts of an attestation, each to be replaced. What follows from others follows what replaced them. */
export type AttestationParts = {
  format: string
  key: ForgedKey
  appId: string
  flags: number
  counter: number
  aaguid: Buffer
  credentialId: Buffer
  credentialKey: Map<number, CborValue>
  /** Behind the credential. */
  appended: Buffer
  authData: Buffer
  clientData: Uint8Array
  /** The value of the extension; undefined leaves it out. */
  nonce: Buffer | undefined
  /** Of the leaf. */
  signer: { name: Buffer; key: KeyObject }
  extensions: readonly Buffer[]
  leaf: Buffer
  chain: (leaf: Buffer) => readonly Buffer[]
  /** Undefined leaves it out. */
  receipt: Buffer | undefined
  /** Behind the object. */
  trailing: Buffer
}

export const production: Buffer = Buffer.from('appattest\0\0\0\0\0\0\0')

/** An attestation that is genuine in everything that is not replaced. */
export function forgeAttestation(parts: Partial<AttestationParts> = {}): Buffer {
  const key = parts.key ?? newKey()
  const point = pointOf(key)
  const head = Buffer.alloc(5)
  head.writeUInt8(parts.flags ?? 0x40)
  head.writeUInt32BE(parts.counter ?? 0, 1)
  const credentialId = parts.credentialId ?? sha256(point)
  const authData =
    parts.authData ??
    Buffer.concat([
      sha256(parts.appId ?? appId),
      head,
      parts.aaguid ?? production,
      Buffer.from([0, credentialId.length]),
      credentialId,
      writeCbor(parts.credentialKey ?? coseKey(point)),
      parts.appended ?? Buffer.alloc(0),
    ])
  const nonce = Object.hasOwn(parts, 'nonce')
    ? parts.nonce
    : nonceExtension(sha256(authData, sha256(parts.clientData ?? clientData)))
  const leaf =
    parts.leaf ??
    writeCertificate({
      signer: parts.signer ?? { name: authority.name, key: authority.privateKey },
      subject: writeName({ commonName: 'Forged leaf' }),
      spki: key.spki,
      extensions: [
        ...(parts.extensions ?? []),
        ...(nonce === undefined ? [] : [writeExtension('1.2.840.113635.100.8.2', nonce)]),
      ],
      ...dates,
    })
  const receipt = Object.hasOwn(parts, 'receipt') ? parts.receipt : receiptOf(leaf, parts.appId)
  const statement = new Map<string, CborValue>([
    ['x5c', parts.chain?.(leaf) ?? [leaf, authority.der]],
  ])
  if (receipt !== undefined) statement.set('receipt', receipt)
  const object = new Map<string, CborValue>([
    ['fmt', parts.format ?? 'apple-appattest'],
    ['attStmt', statement],
    ['authData', authData],
  ])
  return Buffer.concat([writeCbor(object), parts.trailing ?? Buffer.alloc(0)])
}

export const nonceExtension = (nonce: Buffer): Buffer =>
  derSequence(derContext(1, derOctetString(nonce)))

export function receiptOf(leaf: Buffer, receiptAppId = appId): Buffer {
  const environment = 'production'
  const clientDataHash = sha256(clientData)
  return makeReceipt({
    root,
    appId: receiptAppId,
    environment,
    attestedCertificate: leaf,
    clientDataHash,
    at,
  })
}

type Appraisal = Partial<Parameters<typeof appraiseAppAttestation>[0]>

/** Appraises a forged attestation, by a policy that asks for everything. */
export function appraiseForged(
  parts: Partial<AttestationParts> = {},
  options: Appraisal = {},
): AttestationResult {
  return appraiseAppAttestation({
    attestation: forgeAttestation(parts),
    clientData,
    at,
    trust,
    policy: { appIds: [appId], environments: ['production'] },
    minimumAssurance: 'app-attested',
    ...options,
  })
}

/** The codes of the checks that failed. */
export const refusalsOf = ({ checks }: Pick<AttestationResult, 'checks'>): string[] =>
  checks.flatMap(({ outcome, code }) => (outcome === 'failed' ? [code ?? ''] : []))
