import type { ContentReader } from '../content/content-reader.ts'
import { chunkAt, chunkTypes } from './chunk.ts'
import { poolRegions } from './text-regions.ts'
import { isRootOfInterest, mentionsFilePaths } from './roots.ts'
import type { StringPool } from './string-pool.ts'
import { cutOff, readBinaryXml } from './xml/read-binary-xml.ts'

const headerBytes = 8

/**
 * XML as aapt compiles it. Its strings go to the detectors as they stand in the pool, used or not; documents that
 * say something about the app become facts.
 */
export const binaryXmlReader: ContentReader = {
  name: 'binary XML',
  takes: (head, path) => {
    const chunk = chunkAt(head, 0, head.length)
    if (chunk === undefined || chunk.headerSize !== headerBytes) return false
    // The platform does not look at the type, so apps that hide write another one into their manifest.
    return (
      chunk.type === chunkTypes.xml ||
      (path.endsWith('AndroidManifest.xml') && head[headerBytes] === chunkTypes.stringPool)
    )
  },
  read(bytes, { path }, sink) {
    const { root, rootName, strings, faults } = readBinaryXml(bytes, isOfInterest)
    for (const region of poolRegions(strings, path, 'markup')) sink.text(region)
    for (const fault of faults) {
      // The platform takes none that is cut off (`ResXMLTree::setTo`); of other faults it may not even know.
      sink.notChecked(path, `binary XML: ${fault}`, fault === cutOff ? 'whole' : 'part')
    }
    if (rootName === undefined) sink.notChecked(path, 'binary XML without an element', 'whole')
    if (root) sink.fact('androidXml', { path, root })
  },
}

function isOfInterest(rootName: string, strings: StringPool): boolean {
  return isRootOfInterest(rootName) || mentionsFilePaths(strings)
}
