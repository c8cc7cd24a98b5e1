import { type BerElement, berTags, expectTag, readBer } from '../ber.ts'
import { type Contents, nothingHeld } from '../contents.ts'
import { lockedForGood } from './private-key.ts'

/** BCFKS: the whole of it behind PBES2 (`org.bouncycastle.asn1.bc.ObjectStore`). Recognised, and not opened. */
export function readBcfks(bytes: Buffer): { contents: Contents; length: number } {
  const store: BerElement = readBer(bytes)
  const [sealed] = store.children()
  expectTag(sealed, berTags.sequence, 'EncryptedObjectStoreData').child(
    1,
    berTags.octetString,
    'data',
  )
  const seal = lockedForGood('keys or certificates', 'BCFKS (PBES2)')
  return { contents: { ...nothingHeld, sealed: [seal] }, length: store.end }
}
