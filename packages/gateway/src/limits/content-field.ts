import { comparable } from '@sallyport/wire/lift'
import type { RequestHead } from '../exchange/request-head.ts'
import { contentTypeOf } from './content-type.ts'
import { foldedName } from './folded-name.ts'

/** A request as far as its content is looked at. */
export type ContentHead = Pick<RequestHead, 'heldContent' | 'target' | 'header' | 'headerCount'>

/** Longer than any account. */
const maxValueCharacters = 8_192

/**
 * The value of a field of the content, as accounts are compared (`comparable`). Undefined where there is none,
 * or where two readers could find two different ones: who sends such content is counted with all the others
 * who do. Else one could guess at an account of the service under ever new names of the gateway.
 */
export function contentField(
  exchange: ContentHead,
  source: { readonly body: string } | { readonly form: string },
): string | undefined {
  const { heldContent: content } = exchange
  if (content?.isComplete !== true) return undefined
  const text = content.bytes.toString('utf8')
  const value =
    'body' in source
      ? jsonField(exchange, text, source.body)
      : formField(exchange, text, source.form)
  return value === undefined || value.length > maxValueCharacters ? undefined : comparable(value)
}

// Some services take parameters of the query for fields of the form, or split at semicolons as well.
function formField(exchange: ContentHead, text: string, name: string): string | undefined {
  if (contentTypeOf(exchange) !== 'form') return undefined
  const question = exchange.target.indexOf('?')
  const query = question < 0 ? '' : exchange.target.slice(question + 1)
  const wanted = foldedName(name)
  const isWanted = ([given]: readonly [string, string]) => foldedName(given) === wanted
  const all = [...new URLSearchParams(`${text}&${query}`.replaceAll(';', '&'))].filter(isWanted)
  return all.length === 1 && all[0]?.[0] === name ? all[0][1] : undefined
}

function jsonField(exchange: ContentHead, text: string, pointer: string): string | undefined {
  if (contentTypeOf(exchange) !== 'json') return undefined
  const segments = pointer
    .slice(1)
    .split('/')
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))
  const wanted = new Set(segments.map(foldedName))
  let members = 0
  let value: unknown
  try {
    value = JSON.parse(text, function count(this: unknown, name, found: unknown) {
      if (!Array.isArray(this) && wanted.has(foldedName(name))) members++
      return found
    })
  } catch {
    return undefined
  }
  // Of two members of one name JSON.parse keeps the last, and many a service the first. The root is a
  // member too, of no name.
  if (countNames(text, wanted) > members) return undefined
  for (const segment of segments) {
    const member = soleMember(value, segment)
    if (member === undefined) return undefined
    value = member
  }
  if (typeof value === 'string') return value
  return typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : undefined
}

// To readers that look at names without case, Name is name (Go's encoding/json, .NET), and the last one counts.
function soleMember(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  const folded = foldedName(name)
  const alike = Object.keys(value).filter((other) => foldedName(other) === folded)
  return alike.length === 1 ? (value as Record<string, unknown>)[name] : undefined
}

const jsonStrings = /"(?:[^"\\]|\\.)*"\s*(:?)/gs

// How often these names stand in front of a colon in the text, however they are escaped there.
function countNames(text: string, wanted: ReadonlySet<string>): number {
  let count = 0
  for (const [whole, colon] of text.matchAll(jsonStrings)) {
    if (colon !== ':') continue
    const quoted = whole.slice(0, whole.lastIndexOf('"') + 1)
    if (wanted.has(foldedName(JSON.parse(quoted) as string))) count++
  }
  return count
}
