import { EntryFault } from '../archive/entry.ts'
import type { ContentReader } from '../content/content-reader.ts'
import { bundleFacts } from '../ios/bundle.ts'
import { trustKitPins } from '../ios/trust-kit.ts'
import type { Sink } from '../sink.ts'
import { textOfRuns } from '../strings/text-of-runs.ts'
import { isBinaryPlist, readBinaryPlist } from './binary-plist.ts'
import { tellPlist } from './plist-text.ts'
import type { PlistValue } from './plist-value.ts'
import { isXmlPlist, readXmlPlist } from './xml-plist.ts'

/** Who makes facts of a property list, wherever it lies. */
const factsOf: readonly ((top: PlistValue, path: string, sink: Sink) => void)[] = [
  bundleFacts,
  trustKitPins,
]

/** Property lists, binary or XML: settings of iOS apps and whatever else they keep in them. */
export const propertyListReader: ContentReader = {
  name: 'property list',
  takes: (head) => isBinaryPlist(head) || isXmlPlist(head),
  read: (bytes, { path }, sink) => {
    const top = readPlist(bytes, path, sink)
    if (top === undefined) return
    tellPlist(top, path, sink)
    for (const make of factsOf) make(top, path, sink)
  },
}

/** One that is damaged is told of, and read as the text that is in it. */
function readPlist(bytes: Buffer, path: string, sink: Sink): PlistValue | undefined {
  try {
    return isBinaryPlist(bytes) ? readBinaryPlist(bytes) : readXmlPlist(bytes)
  } catch (error) {
    if (!(error instanceof EntryFault)) throw error
    sink.notChecked(path, error.message)
    textOfRuns(bytes, [{ start: 0, end: bytes.length }], 4, { path, source: 'property-list' }, sink)
    return undefined
  }
}
