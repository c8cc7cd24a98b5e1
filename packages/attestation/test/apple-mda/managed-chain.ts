// Apple publishes no chains of managed devices, and none may be shared that a device made: these are
// written here, as CAs that read real ones describe them, under a root of the test.
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import {
  derBitString,
  derBoolean,
  derContext,
  derInteger,
  derNamedBits,
  derOctetString,
  derOid,
  derSequence,
  derSetOf,
  derTime,
  derUtf8,
  oids,
  parseCertificate,
} from '@sallyport/pki'
import { trustAnchor } from '../../src/index.ts'

export const at = Date.UTC(2026, 10, 21, 12)
export const challenge = createHash('sha256').update('challenge').digest()
const day = 86_400_000

type Party = { readonly name: Buffer; readonly key: KeyObject; readonly spki: Buffer }

export function party(commonName: string, curve: 'P-256' | 'P-384' = 'P-384'): Party {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: curve })
  const name = derSequence(derSetOf(derSequence(derOid(oids.commonName), derUtf8(commonName))))
  return { name, key: privateKey, spki: publicKey.export({ format: 'der', type: 'spki' }) }
}

export const extension = (oid: string, value: Uint8Array): Buffer =>
  derSequence(derOid(oid), derOctetString(value))

export function authority(pathLength?: number): Buffer[] {
  const length = pathLength === undefined ? [] : [derInteger(pathLength)]
  return [
    extension(oids.basicConstraints, derSequence(derBoolean(true), ...length)),
    extension(oids.keyUsage, derNamedBits([5, 6])),
  ]
}

export function certificate(fields: {
  issuer: Party
  subject: Pick<Party, 'name' | 'spki'>
  extensions?: readonly Buffer[]
  notBefore?: number
  notAfter?: number
}): Buffer {
  const { issuer, subject, extensions = [], notBefore = at - day, notAfter = at + day } = fields
  const isP256 = issuer.key.asymmetricKeyDetails?.namedCurve === 'prime256v1'
  const algorithm = derSequence(derOid(isP256 ? '1.2.840.10045.4.3.2' : '1.2.840.10045.4.3.3'))
  const tbs = derSequence(
    derContext(0, derInteger(2)),
    derInteger(randomBytes(16)),
    algorithm,
    issuer.name,
    derSequence(derTime(notBefore), derTime(notAfter)),
    subject.name,
    subject.spki,
    ...(extensions.length === 0 ? [] : [derContext(3, derSequence(...extensions))]),
  )
  const signature = sign(isP256 ? 'sha256' : 'sha384', tbs, issuer.key)
  return derSequence(tbs, algorithm, derBitString(signature))
}

const root = party('Test Enterprise Attestation Root CA')
export const subordinate = party('Test Enterprise Attestation Sub CA 1')
export const leafParty = party('0123456789abcdef', 'P-256')

export const rootCertificate = certificate({ issuer: root, subject: root, extensions: authority() })
export const intermediate = certificate({
  issuer: root,
  subject: subordinate,
  extensions: authority(0),
})
export const trust = { anchors: [trustAnchor(parseCertificate(rootCertificate))] }

/** What a Mac says, by the last arcs of the OID; `undefined` leaves one out. */
export const mac: Readonly<Record<string, Uint8Array | undefined>> = {
  '9.1': Buffer.from('C02XL3FHJG5J'),
  '9.2': Buffer.from('00008103-001C2D3E4F50001E'),
  '9.4': Buffer.from('J314sAP'),
  '10.1': Buffer.from('26.1'),
  '10.2': Buffer.from('26.1'),
  '10.3': Buffer.from('13822.41.1'),
  '11.1': createHash('sha256').update(challenge).digest(),
  '13.1': derInteger(0),
  '13.2': Buffer.from('Full Security'),
  '13.3': derInteger(0),
}

export const iphone = {
  ...mac,
  '9.4': Buffer.from('iPhone17,3'),
  '13.1': undefined,
  '13.2': undefined,
  '13.3': undefined,
}

export function attested(told: Readonly<Record<string, Uint8Array | undefined>>): Buffer[] {
  return Object.entries(told).flatMap(([arcs, value]) =>
    value === undefined ? [] : [extension(`1.2.840.113635.100.8.${arcs}`, value)],
  )
}

export const leafOf = (told: Readonly<Record<string, Uint8Array | undefined>> = mac): Buffer =>
  certificate({ issuer: subordinate, subject: leafParty, extensions: attested(told) })
