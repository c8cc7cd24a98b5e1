import type { ContentReader } from '../content/content-reader.ts'
import type { TextSource } from '../text-region.ts'
import { readProtobufResources } from './protobuf/read-protobuf-resources.ts'
import { readProtobufXml, type TextPart } from './protobuf/read-protobuf-xml.ts'
import { fieldsOf, textOf } from './protobuf/wire.ts'
import { isFilePaths, isRootOfInterest } from './roots.ts'
import { joinedRegions } from './text-regions.ts'

const elementName = /^[A-Za-z_][\w.:$-]*$/

/** XML of an app bundle: a message whose only element has a name, in a file that is named as XML. */
export const protobufXmlReader: ContentReader = {
  name: 'protobuf XML',
  takes: (head, path) => head[0] === 0x0a && path.endsWith('.xml') && hasElementName(head),
  read(bytes, { path }, sink) {
    const { root, texts, faults } = readProtobufXml(bytes)
    for (const region of regions(texts, path, 'markup')) sink.text(region)
    for (const fault of faults) sink.notChecked(path, `protobuf XML: ${fault}`, 'whole')
    if (root && (isRootOfInterest(root.name) || isFilePaths(root))) {
      sink.fact('androidXml', { path, root })
    }
  },
}

/** `resources.pb` of an app bundle: source pool, packages or tool first. */
export const protobufResourcesReader: ContentReader = {
  name: 'protobuf resources',
  takes: (head, path) => path.endsWith('resources.pb') && [0x0a, 0x12, 0x22].includes(head[0] ?? 0),
  read(bytes, { path }, sink) {
    const table = readProtobufResources(bytes, path)
    for (const region of regions(table.texts, path, 'resource-strings')) sink.text(region)
    for (const fault of table.faults) sink.notChecked(path, `protobuf resources: ${fault}`)
    sink.fact('resourceTables', table)
  },
}

function regions(parts: readonly TextPart[], path: string, source: TextSource) {
  const text = (index: number) => parts[index]?.text ?? ''
  const offset = (index: number) => parts[index]?.offset ?? 0
  return joinedRegions({ path, source, encoding: 'utf8', count: parts.length, text, offset })
}

/** The head is cut, and what it holds says lengths beyond it: the first lengths are taken for what is there. */
function hasElementName(head: Buffer): boolean {
  const faults = new Set<string>()
  const inside = insideOfFirst(head)
  if (inside === undefined) return false
  for (const field of fieldsOf(head, { start: inside, end: head.length }, faults)) {
    if (field.number === 3) return elementName.test(textOf(head, field.range))
    if (field.number > 3) return false
  }
  return false
}

/** Where the first length-delimited field's content begins. */
function insideOfFirst(head: Buffer): number | undefined {
  for (let at = 1; at < Math.min(head.length, 6); at++) if ((head[at] ?? 0) < 0x80) return at + 1
  return undefined
}
