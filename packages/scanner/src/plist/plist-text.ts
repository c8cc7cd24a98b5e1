import type { Sink } from '../sink.ts'
import { lastStart } from '../strings/last-start.ts'
import type { PlistData, PlistValue } from './plist-value.ts'

/** Strings that a file names a thousand times are told once too often long before this. */
const maxCharacters = 32 * 1024 ** 2

/** For each line: where its value begins in the text, and in the file. */
type Line = { readonly from: number; readonly offset: number }

/**
 * Hands over a list as text, so that values stand beside their keys: `key = "value"` in lines, strings of arrays
 * alone. Containers that are shared are told once.
 *
 * @param baseOffset of the list in the entry
 * @returns its data, each once
 */
export function tellPlist(
  top: PlistValue,
  path: string,
  baseOffset: number,
  sink: Sink,
): PlistData[] {
  const parts: string[] = []
  const lines: Line[] = []
  const seen = new Set<PlistValue>()
  const data: PlistData[] = []
  const left: { readonly value: PlistValue; readonly key: string }[] = [{ value: top, key: '' }]
  let length = 0
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { value, key } = next
    if (value.type === 'array' || value.type === 'dictionary') {
      if (seen.has(value)) continue
      seen.add(value)
      const members = value.type === 'dictionary' ? value.members : value.items.entries()
      // Backwards, since the last comes off the stack first.
      for (const [member, inner] of [...members].toReversed()) {
        left.push({ value: inner, key: typeof member === 'string' ? member : key })
      }
      continue
    }
    if (value.type === 'data') {
      if (!seen.has(value)) data.push(value)
      seen.add(value)
      continue
    }
    const before = key === '' ? '' : `${key} = `
    const line = `${before}${written(value)}\n`
    lines.push({ from: length + before.length + 1, offset: value.offset })
    parts.push(line)
    length += line.length
    if (length > maxCharacters) {
      sink.notChecked(path, `property list: text beyond ${maxCharacters} characters was left out`)
      break
    }
  }
  const offsetAt = (index: number) => baseOffset + offsetIn(lines, index)
  sink.text({ path, source: 'property-list', text: parts.join(''), encoding: 'utf8', offsetAt })
  return data
}

function written(value: PlistValue): string {
  if (value.type === 'string') return `"${value.text}"`
  if (value.type === 'number') return String(value.number)
  if (value.type === 'boolean') return value.isTrue ? 'true' : 'false'
  return value.type
}

function offsetIn(lines: readonly Line[], index: number): number {
  const line = lines[lastStart(lines.length, (each) => lines[each]?.from ?? 0, index)]
  return line === undefined ? 0 : line.offset + Math.max(0, index - line.from)
}
