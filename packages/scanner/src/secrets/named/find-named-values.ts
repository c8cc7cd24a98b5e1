import type { TextRegion } from '../../text-region.ts'
import { type NamedKind, namedKind } from './secret-name.ts'

export type NamedValue = {
  readonly name: string
  readonly kind: NamedKind
  readonly value: string
  /** Where the value begins in the region's text. */
  readonly index: number
}

const quoted = /["'`]?\]?\s{0,4}(?:=>|[:=])\s{0,4}(["'`])(?<value>[^"'`\n]{1,200})\1/y
/** `name="api_key">value</string>`, `<api_key>value</api_key>`, `<key>ApiKey</key> <string>value</string>` */
const element =
  /(?:["'](?:\s{1,4}[a-zA-Z:]{1,20}=["'][^"'<>\n]{0,40}["']){0,3}\s{0,4}>|>|<\/key>\s{0,40}<string>)\s{0,8}(?<value>[^<>\n]{1,200})<\//y
const attribute = /["']\s{1,8}(?:android:)?value=["'](?<value>[^"'<>\n]{1,200})["']/y
/** To the end of the line: properties, YAML, .env. */
const line = /[ \t]{0,4}[:=][ \t]{0,4}(?<value>[^\s"'`<>{}()[\],;]{1,200})[ \t]{0,8}(?=[\r\n]|$)/y

const marked = [quoted, element, attribute]

const longestName = 48

/** The name that goes through `index`: letters, digits, `_`, `-`, `.`. */
export function nameAt(
  text: string,
  index: number,
): { readonly start: number; readonly end: number } {
  return { start: edgeOf(text, index, -1), end: edgeOf(text, index, 1) }
}

/**
 * The value that a name is given, in the ways of JavaScript, JSON, XML, property lists, YAML and properties.
 * Undefined where the name promises no secret, or is given none.
 */
export function namedValue(
  { text, source }: TextRegion,
  { start, end }: { readonly start: number; readonly end: number },
): NamedValue | undefined {
  const name = text.slice(start, end)
  const kind = end - start > longestName ? undefined : namedKind(name)
  if (kind === undefined) return undefined
  for (const form of source === 'file' ? [...marked, line] : marked) {
    form.lastIndex = end
    const match = form.exec(text)
    const value = match?.groups?.['value']
    if (value === undefined || isStrongName(text, form.lastIndex)) continue
    return { name, kind, value, index: end + (match?.[0].lastIndexOf(value) ?? 0) }
  }
  return undefined
}

/** `Token="b77a…" PublicKey="0024…"` in the configuration that Mono brings along: a hash of a public key of .NET. */
function isStrongName(text: string, end: number): boolean {
  return /^\s{1,8}PublicKey=/.test(text.slice(end, end + 20))
}

/** Where the name ends, to one side; a name that is too long to be one is cut a little beyond. */
function edgeOf(text: string, index: number, step: 1 | -1): number {
  let at = index
  while (
    Math.abs(at - index) <= longestName &&
    isNamePart(text.charCodeAt(step === 1 ? at : at - 1))
  ) {
    at += step
  }
  return at
}

function isNamePart(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x30 && code <= 0x39) ||
    code === 0x5f ||
    code === 0x2d ||
    code === 0x2e
  )
}
