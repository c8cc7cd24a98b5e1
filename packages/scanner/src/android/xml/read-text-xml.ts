import { byteOffsets } from '../../strings/character-offsets.ts'
import { decodeText, markedForm, type TextEncoding } from '../../strings/text-encoding.ts'
import { resolveXmlReferences } from '../../strings/xml-references.ts'
import type { ResourceValue } from '../resources/resource-value.ts'
import { type XmlAttribute, type XmlElement, XmlTree } from './xml-element.ts'

export type TextXml = {
  readonly root: XmlElement | undefined
  readonly text: string
  readonly encoding: TextEncoding
  /** Byte of the file at which a character lies. */
  readonly offsetAt: (index: number) => number
  readonly faults: readonly string[]
}

/** What is passed over as a whole. */
const skipped = [
  { opens: '<!--', closes: '-->' },
  { opens: '<?', closes: '?>' },
  { opens: '<!', closes: '>' },
]

/**
 * XML as it is written, in a folder or a library. Values become what aapt2 makes of them, so that both are
 * judged alike: `@xml/name` a reference, `true` a boolean; text that is only space is left out. Entities that the
 * document declares itself are not replaced. What is not well formed ends the reading.
 */
export function readTextXml(bytes: Buffer): TextXml {
  const { text, encoding, offsetAt } = decodeXml(bytes)
  const faults = new Set<string>()
  const tree = new XmlTree(faults)
  const namespaces = new Map<string, string>()
  let pending = ''
  for (let at = 0; at < text.length && !tree.isFull; ) {
    const next = tokenAt(text, at)
    if (next === undefined) {
      faults.add(`what begins at character ${at} does not end`)
      break
    }
    if (next.kind === 'text') pending += next.text
    if (next.kind === 'tag') {
      if (pending.trim() !== '') tree.text(pending)
      pending = ''
      if (next.inside.startsWith('/')) tree.end()
      else {
        tree.start(elementOf(next.inside, namespaces, offsetAt(at)))
        if (next.inside.endsWith('/')) tree.end()
      }
    }
    at = next.end
  }
  return { root: tree.root, text, encoding, offsetAt, faults: [...faults] }
}

/** @param head a document, or its beginning. @returns empty where it does not begin as one */
export function rootNameOf(head: string): string {
  for (let at = 0; at < head.length; ) {
    const next = tokenAt(head, at)
    if (next === undefined) return nameIn(head.slice(at + 1))
    if (next.kind === 'tag') return nameIn(next.inside)
    if (next.kind === 'text' && next.text.trim() !== '') return ''
    at = next.end
  }
  return ''
}

function nameIn(inside: string): string {
  return /^[^\s/>]*/.exec(inside)?.[0] ?? ''
}

type Token =
  | { readonly kind: 'text'; readonly text: string; readonly end: number }
  | { readonly kind: 'tag'; readonly inside: string; readonly end: number }
  | { readonly kind: 'nothing'; readonly end: number }

const cdata = '<![CDATA['

function tokenAt(text: string, at: number): Token | undefined {
  if (text[at] !== '<') {
    const next = text.indexOf('<', at)
    const end = next === -1 ? text.length : next
    return { kind: 'text', text: resolveXmlReferences(text.slice(at, end)), end }
  }
  if (text.startsWith(cdata, at)) {
    const close = text.indexOf(']]>', at)
    if (close === -1) return undefined
    return { kind: 'text', text: text.slice(at + cdata.length, close), end: close + 3 }
  }
  const skip = skipped.find(({ opens }) => text.startsWith(opens, at))
  if (skip) {
    const close = text.indexOf(skip.closes, at + skip.opens.length)
    return close === -1 ? undefined : { kind: 'nothing', end: close + skip.closes.length }
  }
  const close = tagEnd(text, at)
  return close === undefined
    ? undefined
    : { kind: 'tag', inside: text.slice(at + 1, close), end: close + 1 }
}

/** The `>` that ends a tag: none within quotes. */
function tagEnd(text: string, start: number): number | undefined {
  for (let at = start; at < text.length; at++) {
    const character = text[at] ?? ''
    if (character === '>') return at
    if (character !== '"' && character !== "'") continue
    at = text.indexOf(character, at + 1)
    if (at === -1) return undefined
  }
  return undefined
}

function elementOf(
  inside: string,
  namespaces: Map<string, string>,
  offset: number,
): Omit<XmlElement, 'children'> {
  const written = [...attributesIn(inside)]
  for (const { name, text } of written) {
    if (name.startsWith('xmlns:')) namespaces.set(name.slice('xmlns:'.length), text)
  }
  const attributes = written
    .filter(({ name }) => name !== 'xmlns' && !name.startsWith('xmlns:'))
    .map(({ name, text }): XmlAttribute => {
      const value = valueOf(text)
      return { ...named(name, namespaces), resourceId: undefined, value, offset }
    })
  return { ...named(nameIn(inside), namespaces), attributes, offset }
}

/** `name="value"` or `name='value'`, one after another. What is not of that form is passed over. */
function* attributesIn(
  inside: string,
): Generator<{ readonly name: string; readonly text: string }> {
  for (let at = 0; ; ) {
    const equals = inside.indexOf('=', at)
    if (equals === -1) return
    const name = lastWord(inside, at, equals)
    let opens = equals + 1
    while (isSpace(inside, opens)) opens++
    const quote = inside[opens]
    const closes = quote === '"' || quote === "'" ? inside.indexOf(quote, opens + 1) : -1
    if (closes === -1) {
      at = equals + 1
      continue
    }
    yield { name, text: resolveXmlReferences(inside.slice(opens + 1, closes)) }
    at = closes + 1
  }
}

function lastWord(text: string, start: number, end: number): string {
  let to = end
  while (to > start && isSpace(text, to - 1)) to--
  let from = to
  while (from > start && !isSpace(text, from - 1)) from--
  return text.slice(from, to)
}

function isSpace(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  return code === 0x20 || (code >= 0x09 && code <= 0x0d)
}

function named(qualified: string, namespaces: ReadonlyMap<string, string>) {
  const [prefix = '', local] = qualified.split(':')
  return local === undefined
    ? { namespace: undefined, name: qualified }
    : { namespace: namespaces.get(prefix) ?? prefix, name: local }
}

/** As `ResourceUtils::TryParseReference` and `ParseBool` of aapt2 take them. */
export function valueOf(text: string): ResourceValue {
  if (text === '@null' || text === '@empty') return { kind: 'other', type: 0, data: 0 }
  const reference = /^@\+?\*?(?:[\w.]+:)?([a-z]+\/[\w.]+)$/.exec(text)
  if (reference?.[1]) return { kind: 'reference', id: 0, name: reference[1] }
  if (['true', 'TRUE', 'True'].includes(text)) return { kind: 'boolean', isTrue: true }
  if (['false', 'FALSE', 'False'].includes(text)) return { kind: 'boolean', isTrue: false }
  const number = Number(text)
  const isInteger = /^-?\d{1,10}$/.test(text) && number === (number | 0) && String(number) === text
  return isInteger ? { kind: 'integer', value: number } : { kind: 'string', text }
}

type Decoded = Pick<TextXml, 'text' | 'encoding' | 'offsetAt'>

/** By its byte order mark, else as UTF-8: what aapt2 takes. */
export function decodeXml(bytes: Buffer): Decoded {
  const { encoding, markBytes } = markedForm(bytes) ?? { encoding: 'utf8', markBytes: 0 }
  const text = decodeText(bytes, markBytes, bytes.length, encoding)
  const byteAt = byteOffsets(text, encoding, bytes.length - markBytes)
  return { text, encoding, offsetAt: (index) => markBytes + byteAt(index) }
}
