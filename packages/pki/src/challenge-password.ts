import { readDer } from './der/der-cursor.ts'
import { DerError } from './der/der-error.ts'
import { asciiOf, utf8Of } from './der/der-value.ts'
import { objectIdentifierOf } from './der/object-identifier.ts'
import { contextConstructed, tagNumber, tags } from './der/tag.ts'

const challengePassword = '1.2.840.113549.1.9.7'
const maxAttributes = 32
/** Intune writes an encrypted blob into it. */
const maxCharacters = 4_096
/** PrintableString, TeletexString (of which ASCII is read) and IA5String. */
const asciiStrings = [19, 20, 22]

/**
 * The challenge password of a PKCS#10 request (RFC 2985 §5.4.1), which the caller parsed before: it is there
 * once, has one value of at most 4096 characters, and nothing else of the attributes is looked at. Undefined
 * where there is none. Throws DerError.
 */
export function readChallengePassword(request: Uint8Array): string | undefined {
  const fields = readDer(request).enter('CertificationRequest').enter('certificationRequestInfo')
  for (let count = 0; count < 3; count++) fields.next()
  const list = fields.enter('attributes', contextConstructed(0))
  let found: string | undefined
  for (let count = 0; !list.isDone; count++) {
    if (count === maxAttributes) throw new DerError('attributes: too many', list.offset)
    const attribute = list.enter('attribute')
    if (objectIdentifierOf(attribute.next(tags.oid, 'type')) !== challengePassword) continue
    if (found !== undefined) throw new DerError('challengePassword: twice', list.offset)
    const values = attribute.enter('values', tags.set)
    const value = values.next(undefined, 'challengePassword')
    values.end('challengePassword')
    attribute.end('challengePassword')
    if (value.content.length > maxCharacters) {
      throw new DerError('challengePassword: too long', value.offset)
    }
    const isAscii = asciiStrings.some((number) => tagNumber(value.tag) === number)
    if (!isAscii && value.tag !== tags.utf8String) {
      throw new DerError('challengePassword: no string', value.offset)
    }
    found = isAscii ? asciiOf(value) : utf8Of(value)
  }
  return found
}
