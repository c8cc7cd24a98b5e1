import { hash, pbkdf2Sync, scryptSync } from 'node:crypto'
import { type BerElement, berTags, expectTag, readBer } from '../ber.ts'
import { KeyFault } from '../key-fault.ts'
import { type Cipher, ciphers, decryptCcm } from './block-ciphers.ts'
import { boundRounds } from './rounds.ts'
import { repeatHash } from './repeated-hash.ts'
import { bmpPassword, pkcs12Key, pkcs12Purposes } from './pkcs12-key.ts'
import { decryptJceks, decryptJks } from './sun-encryption.ts'

/** How something is encrypted under a password. */
export type PasswordEncryption = {
  /** For a person. */
  readonly protection: string
  /** Of a hash, for one try. */
  readonly rounds: number
  /** @throws KeyFault where the password is not the one, as far as padding tells */
  readonly decrypt: (password: string, data: Buffer) => Buffer
}

/**
 * Reads an AlgorithmIdentifier of encryption under a password: PKCS#5 1 and 2 (RFC 8018), PKCS#12 (RFC 7292 C), and
 * the two of Sun's keystores.
 *
 * @throws KeyFault where it is none of these, or costs more rounds than are computed
 */
export function readPasswordEncryption(algorithm: BerElement): PasswordEncryption {
  // A copy: salts that are views would keep the whole entry in memory until the end.
  const [oid, parameters] = readBer(Buffer.from(algorithm.whole)).children()
  const id = expectTag(oid, berTags.oid, 'algorithm').content.toString('hex')
  const read = schemes.get(id)
  if (read === undefined) throw new KeyFault(`encryption ${id} is not known`)
  return read(parameters)
}

type Scheme = (parameters: BerElement | undefined) => PasswordEncryption

const pkcs5 = '2a864886f70d0105'
const pkcs12 = '2a864886f70d010c01'

const schemes: ReadonlyMap<string, Scheme> = new Map<string, Scheme>([
  [`${pkcs5}03`, pbes1('md5', ciphers['DES-CBC'])],
  [`${pkcs5}06`, pbes1('md5', ciphers['RC2-64-CBC'])],
  [`${pkcs5}0a`, pbes1('sha1', ciphers['DES-CBC'])],
  [`${pkcs5}0b`, pbes1('sha1', ciphers['RC2-64-CBC'])],
  [`${pkcs5}0d`, pbes2],
  [`${pkcs12}01`, pkcs12Scheme(ciphers['RC4-128'])],
  [`${pkcs12}02`, pkcs12Scheme(ciphers['RC4-40'])],
  [`${pkcs12}03`, pkcs12Scheme(ciphers['DES-EDE3-CBC'])],
  [`${pkcs12}04`, pkcs12Scheme(ciphers['DES-EDE2-CBC'])],
  [`${pkcs12}05`, pkcs12Scheme(ciphers['RC2-128-CBC'])],
  [`${pkcs12}06`, pkcs12Scheme(ciphers['RC2-40-CBC'])],
  ['2b060104012a02110101', () => ({ protection: 'JKS (SHA-1)', rounds: 1, decrypt: decryptJks })],
  ['2b060104012a021301', jceksScheme],
])

function saltAndRounds(parameters: BerElement | undefined): { salt: Buffer; rounds: number } {
  const [salt, rounds] = expectTag(parameters, berTags.sequence, 'parameters').children()
  return {
    salt: expectTag(salt, berTags.octetString, 'salt').content,
    rounds: boundRounds(expectTag(rounds, berTags.integer, 'rounds').number()),
  }
}

/** PBKDF1 (RFC 8018 §6.1): sixteen octets, half a key and half an IV. */
function pbes1(digest: string, cipher: Cipher): Scheme {
  return (parameters) => {
    const { salt, rounds } = saltAndRounds(parameters)
    const decrypt = (password: string, data: Buffer) => {
      const first = hash(digest, Buffer.concat([Buffer.from(password), salt]), 'buffer')
      const derived = repeatHash(digest, first, { rounds: rounds - 1 })
      return cipher.decrypt(derived.subarray(0, 8), derived.subarray(8, 16), data)
    }
    return { protection: `PBES1 (${digest}, ${rounds} rounds; ${cipher.name})`, rounds, decrypt }
  }
}

function pkcs12Scheme(cipher: Cipher): Scheme {
  return (parameters) => {
    const { salt, rounds } = saltAndRounds(parameters)
    const decrypt = (password: string, data: Buffer) => {
      const from = { digest: 'sha1', password: bmpPassword(password), salt, rounds }
      const key = pkcs12Key({ ...from, purpose: pkcs12Purposes.key, length: cipher.keyBytes })
      const iv = pkcs12Key({ ...from, purpose: pkcs12Purposes.iv, length: cipher.ivBytes })
      return cipher.decrypt(key, iv, data)
    }
    return { protection: `PKCS#12 (SHA-1, ${rounds} rounds; ${cipher.name})`, rounds, decrypt }
  }
}

function jceksScheme(parameters: BerElement | undefined): PasswordEncryption {
  const { salt, rounds } = saltAndRounds(parameters)
  if (salt.length !== 8) throw new KeyFault('a salt of JCEKS has 8 octets')
  const decrypt = (password: string, data: Buffer) => decryptJceks({ password, salt, rounds, data })
  return { protection: `JCEKS (MD5, ${rounds} rounds; DES-EDE3-CBC)`, rounds, decrypt }
}

/** RFC 8018 §6.2. */
function pbes2(parameters: BerElement | undefined): PasswordEncryption {
  const [derivation, encryption] = expectTag(parameters, berTags.sequence, 'PBES2').children()
  const { keyFor, ...derived } = readDerivation(expectTag(derivation, berTags.sequence, 'KDF'))
  const [oid, settings] = expectTag(encryption, berTags.sequence, 'cipher').children()
  const id = expectTag(oid, berTags.oid, 'cipher').content.toString('hex')
  if (id in ccmKeyBytes) {
    const [nonce, tagBytes] = expectTag(settings, berTags.sequence, 'CCM').children()
    const from = {
      nonce: expectTag(nonce, berTags.octetString, 'nonce').content,
      tagBytes: tagBytes?.number() ?? 12,
    }
    const keyBytes = ccmKeyBytes[id] ?? 0
    return {
      protection: `PBES2 (${derived.protection}; AES-${keyBytes * 8}-CCM)`,
      rounds: derived.rounds,
      decrypt: (password, data) => decryptCcm({ ...from, key: keyFor(password, keyBytes) }, data),
    }
  }
  const cipher = pbes2Ciphers[id]
  if (cipher === undefined) throw new KeyFault(`cipher ${id} of PBES2 is not known`)
  const iv =
    settings?.tag === berTags.sequence
      ? settings.child(0, berTags.octetString, 'nonce').content
      : expectTag(settings, berTags.octetString, 'IV').content
  return {
    protection: `PBES2 (${derived.protection}; ${cipher.name})`,
    rounds: derived.rounds,
    decrypt: (password, data) => cipher.decrypt(keyFor(password, cipher.keyBytes), iv, data),
  }
}

const aes = '6086480165030401'
const pbes2Ciphers: Readonly<Record<string, Cipher>> = {
  '2b0e030207': ciphers['DES-CBC'],
  '2a864886f70d0307': ciphers['DES-EDE3-CBC'],
  [`${aes}02`]: ciphers['AES-128-CBC'],
  [`${aes}16`]: ciphers['AES-192-CBC'],
  [`${aes}2a`]: ciphers['AES-256-CBC'],
  [`${aes}06`]: ciphers['AES-128-GCM'],
  [`${aes}2e`]: ciphers['AES-256-GCM'],
}
const ccmKeyBytes: Readonly<Record<string, number>> = { [`${aes}07`]: 16, [`${aes}2f`]: 32 }

/** HMAC by OID (RFC 8018 B.1.2). Absent: SHA-1. */
const pseudorandomFunctions: Readonly<Record<string, string>> = {
  '2a864886f70d0207': 'sha1',
  '2a864886f70d0208': 'sha224',
  '2a864886f70d0209': 'sha256',
  '2a864886f70d020a': 'sha384',
  '2a864886f70d020b': 'sha512',
}

export type KeyDerivation = {
  readonly protection: string
  readonly rounds: number
  readonly keyFor: (password: string, bytes: number) => Buffer
}

const maxScryptBytes = 128 * 1024 ** 2

/** PBKDF2 (RFC 8018 §5.2) or scrypt (RFC 7914 §7). */
export function readDerivation(algorithm: BerElement): KeyDerivation {
  const [oid, parameters] = algorithm.children()
  const id = expectTag(oid, berTags.oid, 'KDF').content.toString('hex')
  const [salt, ...numbers] = expectTag(parameters, berTags.sequence, 'KDF').children()
  const saltOctets = expectTag(salt, berTags.octetString, 'salt').content
  if (id === `${pkcs5}0c`) {
    const rounds = boundRounds(expectTag(numbers[0], berTags.integer, 'rounds').number())
    const prf = numbers.find((each) => each.tag === berTags.sequence)
    const prfId = prf?.child(0, berTags.oid, 'PRF').content.toString('hex')
    const digest = prfId === undefined ? 'sha1' : pseudorandomFunctions[prfId]
    if (digest === undefined) throw new KeyFault(`PRF ${prfId} of PBKDF2 is not known`)
    return {
      protection: `PBKDF2-${digest}, ${rounds} rounds`,
      rounds,
      keyFor: (password, bytes) => pbkdf2Sync(password, saltOctets, rounds, bytes, digest),
    }
  }
  if (id !== '2b06010401da47040b') throw new KeyFault(`KDF ${id} is not known`)
  const [N, r, p] = numbers.map((each) => each.number())
  if (N === undefined || r === undefined || p === undefined) throw new KeyFault('scrypt cut short')
  const isPower = Number.isInteger(Math.log2(N)) && N > 1
  if (!isPower || r < 1 || p < 1 || N * r * 128 > maxScryptBytes || p > 16) {
    throw new KeyFault(`scrypt with N=${N}, r=${r}, p=${p} is not computed`)
  }
  return {
    protection: `scrypt, N=${N}, r=${r}, p=${p}`,
    rounds: N * r * p,
    keyFor: (password, bytes) =>
      scryptSync(password, saltOctets, bytes, { N, r, p, maxmem: 2 * maxScryptBytes }),
  }
}
