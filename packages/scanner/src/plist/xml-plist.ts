import { EntryFault } from '../archive/entry.ts'
import { byteOffsets } from '../strings/character-offsets.ts'
import { resolveXmlReferences } from '../strings/xml-references.ts'
import { plistLimits, type PlistValue } from './plist-value.ts'

/** A dictionary or an array that is not closed yet. */
type Open = {
  readonly offset: number
  readonly items: PlistValue[]
  readonly members: Map<string, PlistValue> | undefined
  key: string | undefined
}

/** What stands between `<string>` and `</string>`, and so on. */
const leaves: Readonly<
  Record<string, (text: string, offset: number) => PlistValue & { readonly offset: number }>
> = {
  string: (text, offset) => ({ type: 'string', text, offset }),
  integer: (text, offset) => ({ type: 'number', number: Number(text.trim()), offset }),
  real: (text, offset) => ({ type: 'number', number: Number(text.trim()), offset }),
  date: (text, offset) => ({ type: 'date', date: new Date(text.trim()), offset }),
  data: (text, offset) => ({ type: 'data', bytes: Buffer.from(text, 'base64'), offset }),
  true: (_, offset) => ({ type: 'boolean', isTrue: true, offset }),
  false: (_, offset) => ({ type: 'boolean', isTrue: false, offset }),
}

const openings = ['<plist', '<!DOCTYPE plist']

/** Whether `<plist`, or its DOCTYPE, is what begins behind declarations and comments. */
export function isXmlPlist(head: Buffer): boolean {
  // Most files have neither, and need not be decoded.
  if (!openings.some((opening) => head.includes(opening))) return false
  const text = head.toString('utf8')
  let at = /^[\uFEFF\s]*/.exec(text)?.[0].length ?? 0
  for (;;) {
    const closing = text.startsWith('<?', at)
      ? '?>'
      : text.startsWith('<!--', at)
        ? '-->'
        : undefined
    if (closing === undefined) break
    const end = text.indexOf(closing, at)
    if (end === -1) return false
    at = end + closing.length
    while (/\s/.test(text.charAt(at))) at++
  }
  return openings.some((opening) => text.startsWith(opening, at))
}

/**
 * A property list as XML in UTF-8, read by its own small grammar: no namespaces. A list that
 * declares entities is refused: none of Apple's does.
 *
 * @throws EntryFault where it is damaged, or exceeds plistLimits
 */
export function readXmlPlist(bytes: Buffer): PlistValue {
  const text = bytes.toString('utf8')
  return new XmlPlist(text, byteOffsets(text, 'utf8', bytes.length)).read()
}

class XmlPlist {
  readonly #text: string
  readonly #byteAt: (index: number) => number
  readonly #open: Open[] = []
  #at = 0
  #values = 0

  constructor(text: string, byteAt: (index: number) => number) {
    this.#text = text
    this.#byteAt = byteAt
  }

  read(): PlistValue {
    for (;;) {
      const { name, isClosing, isEmpty, offset } = this.#nextTag()
      if (name === 'plist') {
        if (isClosing) throw this.#fault('it holds no value')
        continue
      }
      const value = isClosing ? this.#close(name) : this.#begin(name, isEmpty, offset)
      if (value === undefined) continue
      if (++this.#values > plistLimits.values) throw this.#fault('too large')
      const parent = this.#open.at(-1)
      if (parent === undefined) return value
      this.#put(parent, value)
    }
  }

  /** A whole value where the tag begins one that holds no others. */
  #begin(name: string, isEmpty: boolean, offset: number): PlistValue | undefined {
    if (name === 'key') {
      const parent = this.#open.at(-1)
      if (parent?.members === undefined) throw this.#fault('a key outside a dictionary')
      parent.key = isEmpty ? '' : this.#content(name)
      return undefined
    }
    if (name === 'dict' || name === 'array') {
      if (this.#open.length >= plistLimits.depth) throw this.#fault('nested too deep')
      const members = name === 'dict' ? new Map<string, PlistValue>() : undefined
      const open: Open = { offset, items: [], members, key: undefined }
      if (isEmpty) return closed(open)
      this.#open.push(open)
      return undefined
    }
    const leaf = Object.hasOwn(leaves, name) ? leaves[name] : undefined
    if (leaf === undefined) throw this.#fault(`<${name}> is no part of one`)
    const contentAt = this.#byteAt(this.#at)
    return leaf(isEmpty ? '' : this.#content(name), contentAt)
  }

  #close(name: string): PlistValue {
    const open = this.#open.pop()
    const expected = open?.members === undefined ? 'array' : 'dict'
    if (open === undefined || name !== expected) throw this.#fault(`</${name}> closes nothing`)
    return closed(open)
  }

  #put(parent: Open, value: PlistValue): void {
    if (parent.members === undefined) {
      parent.items.push(value)
      return
    }
    if (parent.key === undefined) throw this.#fault('a value without a key')
    parent.members.set(parent.key, value)
    parent.key = undefined
  }

  /** Passes over comments, instructions and the DOCTYPE. */
  #nextTag(): { name: string; isClosing: boolean; isEmpty: boolean; offset: number } {
    for (;;) {
      const start = this.#text.indexOf('<', this.#at)
      if (start === -1) throw this.#fault('cut short')
      if (this.#skip(start, '<!--', '-->') || this.#skip(start, '<?', '?>')) continue
      const end = this.#text.indexOf('>', start)
      if (end === -1) throw this.#fault('a tag is cut short')
      this.#at = end + 1
      if (this.#text.startsWith('<!', start)) {
        if (this.#text.slice(start, end).includes('[')) throw this.#fault('it declares entities')
        continue
      }
      // Names are short, and only <plist> has attributes.
      const [, slash, name, rest] =
        /^<(\/?)([a-z]{1,16})([^<>]{0,256})$/.exec(
          this.#text.slice(start, Math.min(end, start + 300)),
        ) ?? []
      if (name === undefined) throw this.#fault('a tag that is none of XML')
      const isEmpty = rest?.endsWith('/') ?? false
      return { name, isClosing: slash === '/', isEmpty, offset: this.#byteAt(start) }
    }
  }

  #skip(start: number, opening: string, closing: string): boolean {
    if (!this.#text.startsWith(opening, start)) return false
    const end = this.#text.indexOf(closing, start + opening.length)
    if (end === -1) throw this.#fault(`${opening} without an end`)
    this.#at = end + closing.length
    return true
  }

  /** Text up to the closing tag, with references resolved; CDATA as it stands. */
  #content(name: string): string {
    let content = ''
    for (;;) {
      const end = this.#text.indexOf('<', this.#at)
      if (end === -1) throw this.#fault(`<${name}> without an end`)
      content += resolveXmlReferences(this.#text.slice(this.#at, end))
      this.#at = end
      if (this.#skip(end, '<!--', '-->')) continue
      if (this.#skip(end, '<![CDATA[', ']]>')) {
        content += this.#text.slice(end + 9, this.#at - 3)
        continue
      }
      const { name: closing, isClosing } = this.#nextTag()
      if (!isClosing || closing !== name) throw this.#fault(`<${name}> holds another`)
      return content
    }
  }

  #fault(why: string): EntryFault {
    return new EntryFault(`property list: ${why} (byte ${this.#byteAt(this.#at)})`)
  }
}

function closed({ offset, items, members }: Open): PlistValue {
  return members === undefined
    ? { type: 'array', items, offset }
    : { type: 'dictionary', members, offset }
}
