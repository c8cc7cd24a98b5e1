import {
  booleanOf,
  contextConstructed,
  type DerElement,
  DerError,
  integerBytesOf,
  readDer,
  tags,
  utf8Of,
} from '@sallyport/pki/der'
import { EntryFault } from '../../archive/entry.ts'
import { plistLimits, type PlistValue } from '../../plist/plist-value.ts'

/** [APPLICATION 16], which all of it lies in. */
const topTag = 16 * 8 + 0b011
/** [CONTEXT 16]. */
const dictionaryTag = contextConstructed(16)

/**
 * Entitlements as DER (Apple TN3125): a version, and a dictionary of pairs of a key and a value.
 *
 * @throws EntryFault where it is something else
 */
export function readDerEntitlements(bytes: Buffer): PlistValue {
  try {
    const top = readDer(bytes, { maxDepth: plistLimits.depth }).enter('entitlements', topTag)
    top.next(tags.integer, 'version')
    return valueOf(top.next(dictionaryTag, 'entitlements'))
  } catch (error) {
    if (!(error instanceof DerError)) throw error
    throw new EntryFault(`entitlements: ${error.message}`)
  }
}

function valueOf(element: DerElement): PlistValue {
  const { offset, tag } = element
  if (tag === dictionaryTag) return { type: 'dictionary', members: membersOf(element), offset }
  if (tag === tags.sequence) return { type: 'array', items: itemsOf(element), offset }
  if (tag === tags.boolean) return { type: 'boolean', isTrue: booleanOf(element), offset }
  if (tag === tags.utf8String) return { type: 'string', text: utf8Of(element), offset }
  if (tag === tags.integer) {
    const bytes = integerBytesOf(element)
    const number = bytes.length <= 6 ? bytes.readIntBE(0, bytes.length) : Number.NaN
    return { type: 'number', number, offset }
  }
  return { type: 'other', offset }
}

function membersOf(dictionary: DerElement): Map<string, PlistValue> {
  const members = new Map<string, PlistValue>()
  const pairs = dictionary.enter('dictionary')
  while (!pairs.isDone) {
    const pair = pairs.enter('pair')
    const key = utf8Of(pair.next(tags.utf8String, 'key'))
    members.set(key, valueOf(pair.next(undefined, key)))
  }
  return members
}

function itemsOf(array: DerElement): PlistValue[] {
  const items: PlistValue[] = []
  const cursor = array.enter('array')
  while (!cursor.isDone) items.push(valueOf(cursor.next()))
  return items
}
