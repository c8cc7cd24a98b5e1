import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import { decodeText } from '../../strings/text-encoding.ts'
import { type BerElement, berTags, expectTag, readBer } from '../ber.ts'
import { type Contents, joinContents, nothingHeld, type Sealed } from '../contents.ts'
import { KeyFault, unlessFault } from '../key-fault.ts'
import { readDerivation, readPasswordEncryption } from '../password/password-encryption.ts'
import { bmpPassword, pkcs12Key, pkcs12Purposes } from '../password/pkcs12-key.ts'
import { boundRounds } from '../password/rounds.ts'
import { holdKey, lockedForGood, privateKeyOf, sealedPrivateKey } from './private-key.ts'

const contentTypes = { data: '2a864886f70d010701', encrypted: '2a864886f70d010706' } as const
const bagTypes = {
  key: '2a864886f70d010c0a0101',
  shroudedKey: '2a864886f70d010c0a0102',
  certificate: '2a864886f70d010c0a0103',
  nested: '2a864886f70d010c0a0106',
} as const
const x509 = '2a864886f70d01091601'
const friendlyName = '2a864886f70d010914'
const tagOfContent = 0xa0
const maxNesting = 4

/**
 * PKCS#12 (RFC 7292), BER or DER, with a MAC of PKCS#12 or PBMAC1 (RFC 9579) or none. What is not encrypted is read
 * at once. The rest opens as a whole: a password that the MAC proves; where there is none, one that decrypts.
 */
export function readPkcs12(bytes: Buffer): { contents: Contents; length: number } {
  const pfx = readBer(bytes)
  const [version, authSafe, mac] = pfx.children()
  if (version?.number() !== 3) throw new KeyFault('another version')
  const [type, content] = expectTag(authSafe, berTags.sequence, 'authSafe').children()
  if (oidOf(type) !== contentTypes.data) throw new KeyFault('signed by a key: not read')
  const safes = Buffer.from(
    expectTag(content, tagOfContent, 'content').children()[0]?.octets() ?? [],
  )
  const open = readSafes(safes, undefined)
  if (open.sealed.length === 0) return { contents: open, length: pfx.end }
  const check = mac && readMac(readBer(Buffer.from(mac.whole)), safes)
  return { contents: { ...open, sealed: [sealedStore(safes, open, check)] }, length: pfx.end }
}

type MacCheck = {
  readonly rounds: number
  readonly proves: (password: Buffer, text: string) => boolean
}

/** One seal over everything, since one password is for all. */
function sealedStore(safes: Buffer, open: Contents, check: MacCheck | undefined): Sealed {
  const [first] = open.sealed
  const rounds = Math.max(check?.rounds ?? 1, ...open.sealed.map((each) => each.rounds))
  return {
    holds: open.sealed.some((each) => each.holds !== 'a private key')
      ? 'keys or certificates'
      : 'a private key',
    protection: first?.protection ?? '',
    rounds,
    open: (password) =>
      unlessFault(() => {
        if (
          check !== undefined &&
          !spellings(password).some((one) => check.proves(one, password))
        ) {
          return undefined
        }
        const opened = readSafes(safes, password)
        const isProven = check !== undefined || opened.sealed.length < open.sealed.length
        return isProven ? opened : undefined
      }),
  }
}

/** No password is written as none, or as a BMPString without characters: both are met. */
function spellings(password: string): Buffer[] {
  return password === '' ? [bmpPassword(''), Buffer.alloc(0)] : [bmpPassword(password)]
}

function readMac(mac: BerElement, safes: Buffer): MacCheck {
  const [info, salt, iterations] = mac.children()
  const [algorithm, digestOctets] = expectTag(info, berTags.sequence, 'MAC').children()
  const expected = expectTag(digestOctets, berTags.octetString, 'MAC').content
  const [oid, parameters] = expectTag(algorithm, berTags.sequence, 'MAC').children()
  const id = oidOf(oid)
  if (id === '2a864886f70d01050e') return readPbmac1(parameters, safes, expected)
  const digest = macDigests[id]
  if (digest === undefined) throw new KeyFault(`a MAC of ${id} is not known`)
  const saltOctets = expectTag(salt, berTags.octetString, 'salt').content
  const rounds = boundRounds(iterations?.number() ?? 1)
  const length = hash(digest, '', 'buffer').length
  const proves = (password: Buffer) => {
    const from = { digest, purpose: pkcs12Purposes.mac, password, salt: saltOctets, rounds, length }
    return isSame(createHmac(digest, pkcs12Key(from)).update(safes).digest(), expected)
  }
  return { rounds, proves }
}

function readPbmac1(parameters: BerElement | undefined, safes: Buffer, expected: Buffer): MacCheck {
  const [kdf, scheme] = expectTag(parameters, berTags.sequence, 'PBMAC1').children()
  const { rounds, keyFor } = readDerivation(expectTag(kdf, berTags.sequence, 'KDF'))
  const id = oidOf(expectTag(scheme, berTags.sequence, 'MAC').children()[0])
  const digest = pbmac1Digests[id]
  if (digest === undefined) throw new KeyFault(`a MAC of ${id} is not known`)
  const proves = (_: Buffer, text: string) =>
    isSame(createHmac(digest, keyFor(text, expected.length)).update(safes).digest(), expected)
  return { rounds, proves }
}

const macDigests: Readonly<Record<string, string>> = {
  '2a864886f70d0205': 'md5',
  '2b0e03021a': 'sha1',
  '608648016503040204': 'sha224',
  '608648016503040201': 'sha256',
  '608648016503040202': 'sha384',
  '608648016503040203': 'sha512',
}
const pbmac1Digests: Readonly<Record<string, string>> = {
  '2a864886f70d0209': 'sha256',
  '2a864886f70d020a': 'sha384',
  '2a864886f70d020b': 'sha512',
}

function isSame(computed: Buffer, expected: Buffer): boolean {
  return computed.length === expected.length && timingSafeEqual(computed, expected)
}

/** @param password undefined: what is encrypted stays sealed */
function readSafes(safes: Buffer, password: string | undefined): Contents {
  const parts = readBer(safes)
    .children()
    .map((contentInfo) => {
      const [type, content] = contentInfo.children()
      const inner = expectTag(content, tagOfContent, 'content').children()[0]
      if (inner === undefined) throw new KeyFault('content missing')
      const id = oidOf(type)
      if (id === contentTypes.data) return readBags(inner.octets(), password, 0)
      if (id !== contentTypes.encrypted) {
        const seal = lockedForGood('keys or certificates', 'encrypted for a certificate')
        return { ...nothingHeld, sealed: [seal] }
      }
      return openSeal(encryptedSafe(inner), password)
    })
  return joinContents(parts)
}

function openSeal(seal: Sealed, password: string | undefined): Contents {
  const opened = password === undefined ? undefined : seal.open(password)
  return opened ?? { ...nothingHeld, sealed: [seal] }
}

function encryptedSafe(encryptedData: BerElement): Sealed {
  const [, content] = encryptedData.children()
  const [, algorithm, sealed] = expectTag(content, berTags.sequence, 'content').children()
  const encryption = readPasswordEncryption(expectTag(algorithm, berTags.sequence, 'algorithm'))
  const data = (sealed ?? encryptedData).octets()
  return {
    holds: 'keys or certificates',
    protection: encryption.protection,
    rounds: encryption.rounds,
    open: (password) =>
      unlessFault(() => readBags(encryption.decrypt(password, data), password, 0)),
  }
}

function readBags(safeContents: Buffer, password: string | undefined, nesting: number): Contents {
  if (nesting > maxNesting) throw new KeyFault('nested too deep')
  const bags = readBer(safeContents).children()
  return joinContents(bags.map((bag) => readBag(bag, password, nesting)))
}

function readBag(bag: BerElement, password: string | undefined, nesting: number): Contents {
  const [type, wrapped, attributes] = bag.children()
  const value = expectTag(wrapped, tagOfContent, 'bag').children()[0]
  if (value === undefined) throw new KeyFault('bag missing')
  const alias = aliasOf(attributes)
  const id = oidOf(type)
  if (id === bagTypes.key) return holdKey(privateKeyOf(value.whole, 'pkcs8'), alias)
  if (id === bagTypes.shroudedKey) return openSeal(sealedPrivateKey(value, alias), password)
  if (id === bagTypes.nested) return readBags(value.whole, password, nesting + 1)
  if (id !== bagTypes.certificate) return nothingHeld
  const [kind, certificate] = value.children()
  if (oidOf(kind) !== x509) return nothingHeld
  const der = expectTag(certificate, tagOfContent, 'certificate').children()[0]?.octets()
  if (der === undefined) return nothingHeld
  return { ...nothingHeld, certificates: [alias === undefined ? { der } : { der, alias }] }
}

function aliasOf(attributes: BerElement | undefined): string | undefined {
  if (attributes?.tag !== berTags.set) return undefined
  for (const attribute of attributes.children()) {
    const [type, values] = attribute.children()
    if (oidOf(type) !== friendlyName) continue
    const name = values?.children()[0]?.content
    // BMPString (RFC 7292 §4.2, RFC 2985 §5.5.1).
    if (name !== undefined && name.length % 2 === 0) {
      return decodeText(name, 0, name.length, 'utf16be')
    }
  }
  return undefined
}

function oidOf(element: BerElement | undefined): string {
  return expectTag(element, berTags.oid, 'OID').content.toString('hex')
}
