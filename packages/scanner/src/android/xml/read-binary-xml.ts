import { type Chunk, chunkAt, chunkTypes } from '../chunk.ts'
import { resourceValue } from '../resources/resource-value.ts'
import { emptyStringPool, readStringPool, type StringPool } from '../string-pool.ts'
import { type XmlAttribute, type XmlElement, XmlTree } from './xml-element.ts'

export type BinaryXml = {
  /** Undefined where no element was found, or none was asked for. */
  readonly root: XmlElement | undefined
  readonly rootName: string | undefined
  readonly strings: StringPool
  /** What did not make sense, each once. The rest was read. */
  readonly faults: readonly string[]
}

/** Among the faults. */
export const cutOff = 'it is shorter than it says'

const none = 0xffffffff
const attributeBytes = 20
const namespaceHeader = 16

/**
 * XML as aapt compiles it, read as leniently as the platform does (`ResXMLTree`, ResourceTypes.cpp): the type of the
 * outermost chunk is not looked at, unknown chunks are passed over, the last string pool before the first element counts,
 * and headers may be longer than they need be. Where a chunk's length cannot be, reading goes on at the next
 * thing that looks like a node.
 *
 * @param wants asked at the root element; false: the rest is not read
 */
export function readBinaryXml(
  bytes: Buffer,
  wants: (rootName: string, strings: StringPool) => boolean = () => true,
): BinaryXml {
  const faults = new Set<string>()
  const tree = new XmlTree(faults)
  const document = chunkAt(bytes, 0, bytes.length)
  if (document === undefined || document.isCut) faults.add(cutOff)
  let strings: StringPool = emptyStringPool
  let names: NameMap = { start: 0, count: 0 }
  let rootName: string | undefined
  const limit = document?.end ?? bytes.length
  let at = document?.headerSize ?? 8
  while (at + 8 <= limit && !tree.isFull) {
    const chunk = chunkAt(bytes, at, limit)
    if (chunk === undefined || (chunk.isCut && isNode(chunk))) {
      faults.add(`the chunk at byte ${at} says a length that cannot be`)
      at = nextNode(bytes, at + 4, limit)
      continue
    }
    at = chunk.end
    if (chunk.type === chunkTypes.stringPool && rootName === undefined) {
      strings = readStringPool(bytes, chunk)
    } else if (chunk.type === chunkTypes.xmlResourceMap && rootName === undefined) {
      const start = chunk.start + chunk.headerSize
      names = { start, count: (chunk.end - start) >> 2 }
    } else if (chunk.type === chunkTypes.xmlStartElement) {
      const start = startOf(bytes, chunk, strings, names)
      if (rootName === undefined && !wants(start.name, strings)) {
        return { root: undefined, rootName: start.name, strings, faults: [...faults] }
      }
      rootName ??= start.name
      tree.start(start)
    } else if (chunk.type === chunkTypes.xmlEndElement) {
      tree.end()
    } else if (chunk.type === chunkTypes.xmlText) {
      const text = chunk.start + chunk.headerSize
      if (text + 4 <= chunk.end) tree.text(strings.at(bytes.readUInt32LE(text)) ?? '')
    }
  }
  if (strings.isExhausted()) faults.add('its strings overlap: some were not read')
  return { root: tree.root, rootName, strings, faults: [...faults] }
}

type NameMap = { readonly start: number; readonly count: number }

function isNode({ type }: Chunk): boolean {
  return type >= chunkTypes.xmlStartNamespace && type <= chunkTypes.xmlText
}

/** Byte at which the next chunk that can be a node begins; `limit` where none does. */
function nextNode(bytes: Buffer, from: number, limit: number): number {
  for (let at = from; at + namespaceHeader <= limit; at += 4) {
    if (bytes[at + 1] !== 1 || bytes.readUInt16LE(at + 2) !== namespaceHeader) continue
    const chunk = chunkAt(bytes, at, limit)
    if (chunk !== undefined && isNode(chunk) && !chunk.isCut) return at
  }
  return limit
}

/** `ResXMLTree_attrExt`, behind the header: namespace, name, then where its attributes are, how long each is, how many. */
function startOf(
  bytes: Buffer,
  chunk: Chunk,
  strings: StringPool,
  names: NameMap,
): Omit<XmlElement, 'children'> {
  const at = chunk.start + chunk.headerSize
  const offset = chunk.start
  if (at + 20 > chunk.end) return { namespace: undefined, name: '', attributes: [], offset }
  const attributesAt = at + bytes.readUInt16LE(at + 8)
  const each = Math.max(attributeBytes, bytes.readUInt16LE(at + 10))
  const fits = Math.max(0, Math.floor((chunk.end - attributesAt) / each))
  const count = Math.min(bytes.readUInt16LE(at + 12), fits)
  const attributes: XmlAttribute[] = []
  for (let index = 0; index < count; index++) {
    attributes.push(attributeAt(bytes, attributesAt + index * each, strings, names))
  }
  return {
    namespace: strings.at(bytes.readUInt32LE(at)),
    name: strings.at(bytes.readUInt32LE(at + 4)) ?? '',
    attributes,
    offset,
  }
}

/** `ResXMLTree_attribute`: namespace, name, the value as it was written, then size, 0, type and data of the value. */
function attributeAt(bytes: Buffer, at: number, strings: StringPool, names: NameMap): XmlAttribute {
  const name = bytes.readUInt32LE(at + 4)
  const written = bytes.readUInt32LE(at + 8)
  const type = bytes.readUInt8(at + 15)
  const data = bytes.readUInt32LE(at + 16)
  const resourceId = name < names.count ? bytes.readUInt32LE(names.start + 4 * name) : 0
  const value = resourceValue(type, data, strings.at)
  return {
    namespace: strings.at(bytes.readUInt32LE(at)),
    name: strings.at(name) ?? '',
    resourceId: resourceId === 0 ? undefined : resourceId,
    value:
      value.kind === 'string' && value.text === '' && written !== none
        ? { kind: 'string', text: strings.at(written) ?? '' }
        : value,
    offset: at,
  }
}
