import type { ContentReader } from '../content/content-reader.ts'
import { isRootOfInterest } from './roots.ts'
import { decodeXml, readTextXml, rootNameOf } from './xml/read-text-xml.ts'

/** XML that says something about the app, as it is written: in a library, a folder, a project. */
export const textXmlReader: ContentReader = {
  name: 'Android XML',
  takes: (head, path) => {
    if (!path.endsWith('.xml')) return false
    const root = rootNameOf(decodeXml(head).text)
    return isRootOfInterest(root) || (root === 'resources' && /\bres\/values/.test(path))
  },
  read(bytes, { path }, sink) {
    const { root, text, encoding, faults, offsetAt } = readTextXml(bytes)
    sink.text({ path, source: 'markup', text, encoding, offsetAt })
    for (const fault of faults) sink.notChecked(path, `XML: ${fault}`)
    if (root) sink.fact('androidXml', { path, root, isWritten: true })
  },
}
