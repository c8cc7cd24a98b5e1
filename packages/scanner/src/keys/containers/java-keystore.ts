import { hash } from 'node:crypto'
import { readBer } from '../ber.ts'
import type { Contents, HeldCertificate, Sealed } from '../contents.ts'
import { KeyFault, unlessFault } from '../key-fault.ts'
import { javaPassword } from '../password/sun-encryption.ts'
import { lockedForGood, sealedPrivateKey } from './private-key.ts'
import { ByteCursor } from './byte-cursor.ts'

/** Tags of entries (`sun.security.provider.JavaKeyStore`, `com.sun.crypto.provider.JceKeyStore`). */
const entryTags = { key: 1, certificate: 2, secretKey: 3 } as const
const maxEntries = 10_000
const digestBytes = 20

/**
 * JKS and JCEKS, version 1 and 2. Certificates lie open; each key is sealed by a password of its own, which it proves
 * itself. The digest at the end, of the store's password and everything before, tells a password of JCEKS at once,
 * whose keys cost 200 000 rounds a try.
 */
export function readJavaKeystore(bytes: Buffer): { contents: Contents; length: number } {
  const cursor = new ByteCursor(bytes)
  cursor.take(4)
  const version = cursor.uint32()
  if (version !== 1 && version !== 2) throw new KeyFault(`version ${version}`)
  const count = cursor.uint32()
  if (count > maxEntries) throw new KeyFault(`${count} entries`)
  const certificates: HeldCertificate[] = []
  const sealed: Sealed[] = []
  const certificate = (alias: string) => {
    if (version === 2) cursor.text()
    certificates.push({ der: cursor.block(), alias })
  }
  for (let index = 0; index < count; index++) {
    const tag = cursor.uint32()
    const alias = cursor.text()
    cursor.take(8)
    if (tag === entryTags.certificate) certificate(alias)
    else if (tag === entryTags.key) {
      const info = cursor.block()
      sealed.push(
        unlessFault(() => sealedPrivateKey(readBer(info), alias)) ??
          lockedForGood('a private key', 'encryption that is not computed here', alias),
      )
      const chain = cursor.uint32()
      for (let link = 0; link < chain; link++) certificate(alias)
    } else if (tag === entryTags.secretKey) {
      // A serialized Java object, of no length that is written: what follows it cannot be found.
      sealed.push(lockedForGood('keys or certificates', 'a secret key as a Java object', alias))
      return { contents: { certificates, keys: [], sealed }, length: bytes.length }
    } else throw new KeyFault(`an entry of kind ${tag}`)
  }
  const recognises = storeCheck(bytes.subarray(0, cursor.at), cursor.take(digestBytes))
  return {
    contents: {
      certificates,
      keys: [],
      sealed: sealed.map((each) => (each.rounds > 1 ? { ...each, recognises } : each)),
    },
    length: cursor.at,
  }
}

const whitener = Buffer.from('Mighty Aphrodite')

function storeCheck(body: Buffer, digest: Buffer): (password: string) => boolean {
  // Copies: views would keep the whole entry in memory until the end.
  const behindPassword = Buffer.concat([whitener, body])
  const expected = Buffer.from(digest)
  return (password) => {
    const hashed = hash('sha1', Buffer.concat([javaPassword(password), behindPassword]), 'buffer')
    return hashed.equals(expected)
  }
}
