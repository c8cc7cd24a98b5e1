import type { Contents, HeldCertificate, HeldKey, Sealed } from '../contents.ts'
import { KeyFault, unlessFault } from '../key-fault.ts'
import { ciphers } from '../password/block-ciphers.ts'
import { bmpPassword, pkcs12Key, pkcs12Purposes } from '../password/pkcs12-key.ts'
import { boundRounds, maxRounds } from '../password/rounds.ts'
import { ByteCursor } from './byte-cursor.ts'
import { lockedForGood, privateKeyOf } from './private-key.ts'

/** Kinds of entries (`org.bouncycastle.jcajce.provider.keystore.bc.BcKeyStoreSpi`). */
const entryKinds = { end: 0, certificate: 1, key: 2, secret: 3, sealed: 4 } as const
const maxEntries = 10_000
const macBytes = 20

/**
 * BKS, version 1 and 2. Certificates lie open, keys are sealed one by one. The MAC at the end is not checked:
 * keys prove their passwords themselves.
 */
export function readBouncyCastleKeystore(bytes: Buffer): { contents: Contents; length: number } {
  const cursor = new ByteCursor(bytes)
  const version = cursor.uint32()
  if (version > 2) throw new KeyFault(`version ${version}`)
  if (cursor.block().length !== 20) throw new KeyFault('a salt of BKS has 20 octets')
  const macRounds = cursor.uint32()
  if (macRounds < 1) throw new KeyFault('no rounds')
  const certificates: HeldCertificate[] = []
  const keys: HeldKey[] = []
  const sealed: Sealed[] = []
  for (let count = 0; ; count++) {
    const kind = cursor.uint8()
    if (kind === entryKinds.end) break
    if (count === maxEntries) throw new KeyFault(`more than ${maxEntries} entries`)
    const alias = cursor.text()
    cursor.take(8)
    const chain = cursor.uint32()
    for (let link = 0; link < chain; link++) certificates.push(readCertificate(cursor, alias))
    if (kind === entryKinds.certificate) certificates.push(readCertificate(cursor, alias))
    else if (kind === entryKinds.key) keys.push(...readKey(cursor, alias))
    else if (kind === entryKinds.sealed) sealed.push(sealedEntry(cursor.block(), alias))
    else if (kind === entryKinds.secret) cursor.block()
    else throw new KeyFault(`an entry of kind ${kind}`)
  }
  cursor.take(macBytes)
  return { contents: { certificates, keys, sealed }, length: cursor.at }
}

function readCertificate(cursor: ByteCursor, alias: string): HeldCertificate {
  cursor.text()
  return { der: cursor.block(), alias }
}

const privateKeyKind = 0

/** Public and secret keys are passed over. */
function readKey(cursor: ByteCursor, alias: string): HeldKey[] {
  const kind = cursor.uint8()
  const format = cursor.text()
  cursor.text()
  const encoded = cursor.block()
  if (kind !== privateKeyKind) return []
  if (format !== 'PKCS#8' && format !== 'PKCS8') throw new KeyFault(`a private key as ${format}`)
  return [{ key: privateKeyOf(encoded, 'pkcs8'), alias }]
}

/** PBEWithSHAAnd3-KeyTripleDES-CBC over a salt, rounds and a key as `readKey` reads it. */
function sealedEntry(block: Buffer, alias: string): Sealed {
  const cursor = new ByteCursor(block)
  const salt = Buffer.from(cursor.block())
  const rounds = cursor.uint32()
  const data = Buffer.from(cursor.rest)
  const protection = `PKCS#12 (SHA-1, ${rounds} rounds; DES-EDE3-CBC)`
  if (rounds > maxRounds) return lockedForGood('a private key', protection, alias)
  boundRounds(rounds)
  return {
    holds: 'a private key',
    alias,
    protection,
    rounds,
    open: (password) =>
      unlessFault(() => {
        const from = { digest: 'sha1', password: bmpPassword(password), salt, rounds }
        const cipher = ciphers['DES-EDE3-CBC']
        const key = pkcs12Key({ ...from, purpose: pkcs12Purposes.key, length: cipher.keyBytes })
        const iv = pkcs12Key({ ...from, purpose: pkcs12Purposes.iv, length: cipher.ivBytes })
        const keys = readKey(new ByteCursor(cipher.decrypt(key, iv, data)), alias)
        return { certificates: [], keys, sealed: [] }
      }),
  }
}

/** UBER: the whole of it behind Twofish, so that its beginning alone tells it, and only where it is all there is. */
export function readUberKeystore(bytes: Buffer): { contents: Contents; length: number } {
  const cursor = new ByteCursor(bytes)
  if (cursor.uint32() !== 1) throw new KeyFault('another version')
  const salt = cursor.block()
  const rounds = cursor.uint32()
  const isWhole = cursor.rest.length >= 32 && cursor.rest.length % 16 === 0
  if (salt.length !== 20 || rounds < 1 || rounds > 65_536 || !isWhole) throw new KeyFault('no UBER')
  const seal = lockedForGood('keys or certificates', `Twofish-CBC (SHA-1, ${rounds} rounds)`)
  return { contents: { certificates: [], keys: [], sealed: [seal] }, length: bytes.length }
}
