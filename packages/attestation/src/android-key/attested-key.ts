import {
  bitStringOctetsOf,
  type Certificate,
  objectIdentifierOf,
  readDer,
  tags,
} from '@sallyport/pki'
import type { AuthorizationList } from './authorization-list.ts'

/** KeyMint's Algorithm. */
const algorithms = { rsa: 1, ec: 3, mlDsa: 4 } as const

/** What an AuthorizationList must say of a key, where it says anything. */
type KeyParameters = Pick<
  AuthorizationList,
  'algorithms' | 'keySize' | 'ecCurve' | 'mlDsaVariant' | 'rsaPublicExponent'
>

/** The key that a leaf certifies, read from its SubjectPublicKeyInfo. */
export type AttestedKey = {
  /** As `ec-p256`, `rsa-2048`, `ml-dsa-65`; for others what the certificate tells of it. */
  readonly kind: string
  /** Undefined: of no kind that Android makes. */
  readonly parameters: KeyParameters | undefined
}

type KnownKey = { readonly kind: string; readonly parameters: KeyParameters }

const ec = (kind: string, keySize: number, ecCurve: number): KnownKey => ({
  kind,
  parameters: { algorithms: algorithms.ec, keySize, ecCurve },
})
const mlDsa = (kind: string, mlDsaVariant: number): KnownKey => ({
  kind,
  parameters: { algorithms: algorithms.mlDsa, mlDsaVariant },
})

/** By the OID of the algorithm, or of the curve of an EC key. */
const knownKeys: ReadonlyMap<string, KnownKey> = new Map([
  ['1.3.132.0.33', ec('ec-p224', 224, 0)],
  ['1.2.840.10045.3.1.7', ec('ec-p256', 256, 1)],
  ['1.3.132.0.34', ec('ec-p384', 384, 2)],
  ['1.3.132.0.35', ec('ec-p521', 521, 3)],
  ['1.3.101.112', ec('ed25519', 256, 4)],
  ['1.3.101.110', ec('x25519', 256, 4)],
  ['2.16.840.1.101.3.4.3.18', mlDsa('ml-dsa-65', 1)],
  ['2.16.840.1.101.3.4.3.19', mlDsa('ml-dsa-87', 2)],
])

const ecPublicKey = '1.2.840.10045.2.1'
const rsaEncryption = '1.2.840.113549.1.1.1'

/** The key of a certificate that was parsed before, whose SubjectPublicKeyInfo so has its form. */
export function attestedKey({ spki, keyKind, keyDescription }: Certificate): AttestedKey {
  const info = readDer(spki).enter('SubjectPublicKeyInfo')
  const algorithm = info.enter('key algorithm')
  const oid = objectIdentifierOf(algorithm.next(tags.oid))
  const kind = keyKind ?? keyDescription
  if (oid === rsaEncryption) {
    return { kind, parameters: rsaParameters(bitStringOctetsOf(info.next(tags.bitString))) }
  }
  const named = oid === ecPublicKey ? objectIdentifierOf(algorithm.next(tags.oid)) : oid
  return knownKeys.get(named) ?? { kind, parameters: undefined }
}

/** RSAPublicKey, RFC 8017 A.1.1. */
function rsaParameters(octets: Buffer): KeyParameters {
  const key = readDer(octets).enter('RSAPublicKey')
  const modulus = key.next(tags.integer).content.toString('hex').replace(/^0+/, '')
  const exponent = key.next(tags.integer).content.toString('hex')
  return {
    algorithms: algorithms.rsa,
    keySize: modulus.length * 4 - (Math.clz32(Number.parseInt(modulus.slice(0, 1), 16)) - 28),
    rsaPublicExponent: BigInt(`0x${exponent}`),
  }
}

/** What a list says of the key that the key itself does not, as `keySize 2048, not 1024`. */
export function differences(key: AttestedKey, list: AuthorizationList): string[] {
  if (key.parameters === undefined) return [`a key of ${key.kind}`]
  return Object.entries(key.parameters).flatMap(([name, value]) => {
    const said = list[name as keyof KeyParameters]
    return said === undefined || said === value ? [] : [`${name} ${said}, not ${value}`]
  })
}
