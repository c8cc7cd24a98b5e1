/**
 * Paths, names and strings come from a package that may be hostile. What drives terminals, turns the direction of
 * text, or cannot be seen (Unicode categories C, Zl and Zp, but no private use) is shown as its code point, so that
 * what is read is what is there. One line in, one line out.
 */
export function visible(text: string): string {
  return text.toWellFormed().replace(/[\p{Cc}\p{Cf}\p{Cn}\p{Zl}\p{Zp}]/gu, codePointOf)
}

/**
 * The same for text that a build server reads along: GitHub takes lines that begin with `::` as commands, whatever
 * white space is before it, Azure and TeamCity what stands behind `##`. (Markup and JSON escape the latter too; the
 * former cannot begin a line there.)
 */
export function visibleInLogs(text: string): string {
  return visible(text)
    .replace(/(?<=^|\s)::/g, '\\u{3a}:')
    .replace(/##/g, '\\u{23}#')
}

/** The same, safe between tags and in quoted attributes of HTML and XML 1.0. */
export function markup(text: string): string {
  return visible(text).replace(/[&<>"']|(?<=#)#/g, (character) => entities[character] ?? '')
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '#': '&#35;',
}

/**
 * JSON whose value is the same for whoever parses it, and which is safe to print: what JSON leaves as it is and a
 * terminal or an editor obeys (DEL, C1, marks of direction) is escaped.
 */
export function safeJson(value: unknown): string {
  return JSON.stringify(value, undefined, 2).replace(
    /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]|(?<=#)#/gu,
    escapedUnits,
  )
}

/** Text of ours for Markdown, where `<base-config>` would be a tag that nobody sees. */
export function markdown(text: string): string {
  return text.replace(/[\\<*_[\]]/g, '\\$&')
}

function codePointOf(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
}

function escapedUnits(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index))
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
}
