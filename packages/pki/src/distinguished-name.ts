import { type DerElement, readDer } from './der/der-cursor.ts'
import { derOid, derSequence, derSetOf, derUtf8 } from './der/der-writer.ts'
import { objectIdentifierOf } from './der/object-identifier.ts'
import { tags } from './der/tag.ts'
import { oids } from './oids.ts'

/** A Name of one attribute, the common name (at most 64 characters), or of none. DER. */
export function nameOf(commonName?: string): Buffer {
  if (commonName === undefined) return derSequence()
  if (commonName.length === 0 || commonName.length > 64) {
    throw new TypeError('a common name has 1 to 64 characters (RFC 5280 A.1)')
  }
  return derSequence(derSetOf(derSequence(derOid(oids.commonName), derUtf8(commonName))))
}

/** The Name as it was written. Names are compared by their bytes and never interpreted. */
export function readName(element: DerElement, what: string): Buffer {
  for (const name = element.enter(what); !name.isDone; ) {
    const attributes = name.enter(what, tags.set)
    do {
      const attribute = attributes.enter(what)
      objectIdentifierOf(attribute.next(tags.oid, what), what)
      attribute.next(undefined, what)
      attribute.end(what)
    } while (!attributes.isDone)
  }
  return element.whole
}

/** The attributes of a Name that was parsed before, in their order. Values as UTF-8, as they come. */
export function nameAttributes(name: Uint8Array): { oid: string; value: string }[] {
  const found: { oid: string; value: string }[] = []
  for (const rdns = readDer(name).enter('Name'); !rdns.isDone; ) {
    for (const attributes = rdns.enter('RDN', tags.set); !attributes.isDone; ) {
      const attribute = attributes.enter('attribute')
      const oid = objectIdentifierOf(attribute.next(tags.oid))
      found.push({ oid, value: attribute.next().content.toString('utf8') })
    }
  }
  return found
}

const shortNames: Readonly<Record<string, string>> = {
  [oids.commonName]: 'CN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.12': 'title',
}

/** Control characters, and those that turn the direction of text or cannot be seen. */
const unseen = /[^\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}]/gu
const maxText = 200

/**
 * A Name that was parsed before, for a person: `CN=Example device root, O=Example`. At most 200
 * characters, safe to print: names come from outside.
 */
export function nameText(name: Uint8Array): string {
  const parts = nameAttributes(name).map(
    ({ oid, value }) => `${shortNames[oid] ?? oid}=${value.replace(unseen, '?')}`,
  )
  const text = parts.length === 0 ? '(empty)' : parts.join(', ')
  return text.length <= maxText ? text : `${text.slice(0, maxText)}…`
}
