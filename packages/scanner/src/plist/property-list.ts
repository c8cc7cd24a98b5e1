import { EntryFault } from '../archive/entry.ts'
import { type ContentReader, openingBytes } from '../content/content-reader.ts'
import { bundleFacts } from '../ios/bundle.ts'
import { trustKitPins } from '../ios/trust-kit.ts'
import type { Sink } from '../sink.ts'
import { shortestOfData, textOfRuns } from '../strings/text-of-runs.ts'
import { isBinaryPlist, readBinaryPlist } from './binary-plist.ts'
import { tellPlist } from './plist-text.ts'
import type { PlistValue } from './plist-value.ts'
import { isXmlPlist, readXmlPlist } from './xml-plist.ts'

/** How deep lists may be archived in lists. */
const nestedLists = 3
/** Hashes are shorter, and a list of what was signed has ten thousand of them; no key is. */
const leastData = 40

/** Who makes facts of a property list, wherever it lies. */
const factsOf: readonly ((top: PlistValue, path: string, sink: Sink) => void)[] = [
  bundleFacts,
  trustKitPins,
]

/** Property lists, binary or XML: settings of iOS apps and whatever else they keep in them. */
export const propertyListReader: ContentReader = {
  name: 'property list',
  takes: isPlist,
  read: (bytes, { path }, sink) => readList(bytes, 0, path, nestedLists, sink),
}

function isPlist(head: Buffer): boolean {
  return isBinaryPlist(head) || isXmlPlist(head)
}

/** Lists are archived into the data of other lists: these are read as lists too. */
function readList(bytes: Buffer, offset: number, path: string, nested: number, sink: Sink): void {
  const top = readPlist(bytes, path, sink)
  if (top === undefined) return
  for (const data of tellPlist(top, path, offset, sink)) {
    const at = offset + data.offset
    if (nested > 0 && isPlist(data.bytes.subarray(0, openingBytes))) {
      readList(data.bytes, at, path, nested - 1, sink)
    } else if (data.bytes.length >= leastData) {
      sink.blob({ bytes: data.bytes, path, offset: at, by: ['property list data'] })
    }
  }
  for (const make of factsOf) make(top, path, sink)
}

/** One that is damaged is told of, and read as the text that is in it. */
function readPlist(bytes: Buffer, path: string, sink: Sink): PlistValue | undefined {
  try {
    return isBinaryPlist(bytes) ? readBinaryPlist(bytes) : readXmlPlist(bytes)
  } catch (error) {
    if (!(error instanceof EntryFault)) throw error
    sink.notChecked(path, error.message, 'whole')
    const whole = [{ start: 0, end: bytes.length }]
    textOfRuns(bytes, whole, shortestOfData, { path, source: 'property-list' }, sink)
    return undefined
  }
}
