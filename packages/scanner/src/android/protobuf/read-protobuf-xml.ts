import type { ByteRange } from '../../strings/byte-range.ts'
import { type XmlAttribute, type XmlElement, xmlLimits, XmlTree } from '../xml/xml-element.ts'
import { itemValue } from './item.ts'
import { fieldsOf, textOf } from './wire.ts'

// Fields of aapt.pb.XmlNode, XmlElement and XmlAttribute (AOSP frameworks/base tools/aapt2/Resources.proto).
const node = { element: 1, text: 2 }
const element = { namespace: 2, name: 3, attribute: 4, child: 5 }
const attribute = { namespace: 1, name: 2, value: 3, resourceId: 5, item: 6 }

export type TextPart = { readonly text: string; readonly offset: number }

export type ProtobufXml = {
  readonly root: XmlElement | undefined
  /** Values of attributes, and text. */
  readonly texts: readonly TextPart[]
  readonly faults: readonly string[]
}

/** XML as an app bundle has it. */
export function readProtobufXml(bytes: Buffer): ProtobufXml {
  const faults = new Set<string>()
  const reading: Reading = { bytes, faults, tree: new XmlTree(faults), texts: [] }
  readNode(reading, { start: 0, end: bytes.length }, 0)
  return { root: reading.tree.root, texts: reading.texts, faults: [...faults] }
}

type Reading = {
  readonly bytes: Buffer
  readonly faults: Set<string>
  readonly tree: XmlTree
  readonly texts: TextPart[]
}

function readNode(reading: Reading, range: ByteRange, depth: number): void {
  const { bytes, faults, tree, texts } = reading
  for (const field of fieldsOf(bytes, range, faults)) {
    if (field.number === node.text) {
      const text = textOf(bytes, field.range)
      tree.text(text)
      texts.push({ text, offset: field.range.start })
    }
    if (field.number === node.element) readElement(reading, field.range, depth)
  }
}

/** The name may follow the children on the wire, so they are read in a second pass. */
function readElement(reading: Reading, range: ByteRange, depth: number): void {
  const { bytes, faults, tree, texts } = reading
  let namespace: string | undefined
  let name = ''
  const attributes: XmlAttribute[] = []
  for (const field of fieldsOf(bytes, range, faults)) {
    if (field.number === element.namespace) namespace = textOf(bytes, field.range)
    if (field.number === element.name) name = textOf(bytes, field.range)
    if (field.number === element.attribute) {
      attributes.push(readAttribute(bytes, field.range, faults, texts))
    }
  }
  tree.start({ namespace, name, attributes, offset: range.start })
  if (depth < xmlLimits.depth) {
    for (const field of fieldsOf(bytes, range, faults)) {
      if (field.number === element.child) readNode(reading, field.range, depth + 1)
    }
  }
  tree.end()
}

function readAttribute(
  bytes: Buffer,
  range: ByteRange,
  faults: Set<string>,
  texts: TextPart[],
): XmlAttribute {
  let namespace: string | undefined
  let name = ''
  let text: TextPart = { text: '', offset: range.start }
  let resourceId: number | undefined
  let item: ByteRange | undefined
  for (const field of fieldsOf(bytes, range, faults)) {
    if (field.number === attribute.namespace) namespace = textOf(bytes, field.range)
    if (field.number === attribute.name) name = textOf(bytes, field.range)
    if (field.number === attribute.value) {
      text = { text: textOf(bytes, field.range), offset: field.range.start }
    }
    if (field.number === attribute.resourceId && field.value !== 0) resourceId = field.value
    if (field.number === attribute.item) item = field.range
  }
  texts.push(text)
  const compiled = item && itemValue(bytes, item, faults)
  return {
    namespace,
    name,
    resourceId,
    value: compiled ?? { kind: 'string', text: text.text },
    offset: range.start,
  }
}
