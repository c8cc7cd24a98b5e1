import { xmlText } from './generated-text.ts'

export type PlistValue =
  | string
  | boolean
  | readonly PlistValue[]
  | { readonly [key: string]: PlistValue }

/** An XML property list: a dictionary, with what is said above it as a comment. */
export function plist(comment: readonly string[], value: PlistValue): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- ${comment.join('\n     ')} -->
<plist version="1.0">
${element(value, '')}
</plist>
`
}

function element(value: PlistValue, indent: string): string {
  if (typeof value === 'string') return `${indent}<string>${xmlText(value)}</string>`
  if (typeof value === 'boolean') return `${indent}<${value}/>`
  const inner = `${indent}\t`
  const lines = isList(value)
    ? value.map((each) => element(each, inner))
    : Object.entries(value).flatMap(([key, each]) => [
        `${inner}<key>${xmlText(key)}</key>`,
        element(each, inner),
      ])
  const tag = isList(value) ? 'array' : 'dict'
  return [`${indent}<${tag}>`, ...lines, `${indent}</${tag}>`].join('\n')
}

function isList(value: PlistValue): value is readonly PlistValue[] {
  return Array.isArray(value)
}
