/** What Android's pull parser tells of a file: comments are gone, and so is text of white space alone between tags. */
export type XmlEvent =
  | {
      readonly kind: 'start'
      readonly name: string
      readonly attributes: ReadonlyMap<string, string>
    }
  | { readonly kind: 'end'; readonly name: string }
  | { readonly kind: 'text'; readonly text: string }

const token =
  /<!--(?:(?!--)[\s\S])*-->|<\?[\s\S]*?\?>|<!DOCTYPE[^>]*>|<\/([\w-]+)\s*>|<([\w-]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/y

/** Reads well-formed XML of this subset, strictly: whatever is outside of it throws. */
export function readXml(text: string): XmlEvent[] {
  const events: XmlEvent[] = []
  const open: string[] = []
  token.lastIndex = 0
  while (token.lastIndex < text.length) {
    const at = token.lastIndex
    const match = token.exec(text)
    if (match === null) throw new Error(`not well formed at ${at}: ${text.slice(at, at + 40)}`)
    const [, closed, opened, attributes = '', empty, characters] = match
    if (closed !== undefined) {
      if (open.pop() !== closed) throw new Error(`</${closed}> closes another element`)
      events.push({ kind: 'end', name: closed })
    } else if (opened !== undefined) {
      events.push({ kind: 'start', name: opened, attributes: attributesOf(attributes) })
      if (empty === '/') events.push({ kind: 'end', name: opened })
      else open.push(opened)
    } else if (characters !== undefined && characters.trim() !== '') {
      events.push({ kind: 'text', text: plain(characters) })
    }
  }
  if (open.length > 0) throw new Error(`<${open.at(-1)}> is not closed`)
  return events
}

function attributesOf(text: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const [, name = '', value = ''] of text.matchAll(/([\w:-]+)="([^"]*)"/g)) {
    if (found.has(name)) throw new Error(`attribute ${name} twice`)
    found.set(name, plain(value))
  }
  return found
}

function plain(text: string): string {
  const known: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' }
  return text.replace(/&(\w+);/g, (_, name: string) => known[name] ?? assertKnown(name))
}

function assertKnown(name: string): never {
  throw new Error(`&${name}; is not known`)
}
