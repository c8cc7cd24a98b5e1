import type { HeldContent } from '../exchange/held-content.ts'

const maxValueLength = 256

/**
 * The value of a field of the content, as accounts are compared: without case, and without space around it.
 * Undefined where there is none, or where the content could be read in two ways: who sends such
 * content is counted with all the others who do.
 */
export function contentField(
  content: HeldContent | undefined,
  source: { readonly body: string } | { readonly form: string },
): string | undefined {
  if (content === undefined || !content.isComplete) return undefined
  const value =
    'body' in source ? jsonField(content.bytes, source.body) : formField(content.bytes, source.form)
  return value === undefined ? undefined : comparable(value)
}

/** What differs in case, width or surrounding space alone is the same account to most services. */
export function comparable(value: string): string {
  return value.slice(0, maxValueLength).normalize('NFKC').trim().toLowerCase()
}

function formField(bytes: Buffer, name: string): string | undefined {
  const values = new URLSearchParams(bytes.toString('utf8')).getAll(name)
  return values.length === 1 ? values[0] : undefined
}

function jsonField(bytes: Buffer, pointer: string): string | undefined {
  const text = bytes.toString('utf8')
  const segments = pointer
    .slice(1)
    .split('/')
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))
  const last = segments.at(-1) ?? ''
  let members = 0
  let value: unknown
  try {
    value = JSON.parse(text, function count(this: unknown, name, found: unknown) {
      if (name === last && !Array.isArray(this)) members++
      return found
    })
  } catch {
    return undefined
  }
  // Of two members of one name JSON.parse keeps the last, and many a service the first.
  if (countNames(text, last) > members) return undefined
  for (const segment of segments) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) {
      return undefined
    }
    value = (value as Record<string, unknown>)[segment]
  }
  if (typeof value === 'string') return value
  return typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : undefined
}

const jsonStrings = /"(?:[^"\\]|\\.)*"\s*(:?)/gs

// How often a name stands in front of a colon in the text, however it is escaped there.
function countNames(text: string, name: string): number {
  let count = 0
  for (const [whole, colon] of text.matchAll(jsonStrings)) {
    if (colon !== ':') continue
    const quoted = whole.slice(0, whole.lastIndexOf('"') + 1)
    if (JSON.parse(quoted) === name) count++
  }
  return count
}
