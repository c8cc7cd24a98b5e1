import { alphabetOf, runEnd } from './alphabet-runs.ts'
import { type ContentHead, contentHead, headBytes } from './content-head.ts'

/**
 * Both alphabets of RFC 4648 at once: nobody mixes them, and Node decodes either. And the backslash, which in JSON
 * may stand before each slash, and with a letter is an end of line.
 */
export const base64Alphabet = alphabetOf(
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_\\',
)

/** A line of wrapped base64 is this long at least, and nothing shorter holds a key. In characters. */
export const shortestBase64 = 60

export type Decoded = {
  readonly bytes: Buffer
  readonly head: ContentHead
  /** Where what was decoded begins, and where it ends. */
  readonly start: number
  readonly end: number
}

/** What gathering lines in vain may still cost, in characters: it keeps hostile text from costing its square. */
export type Patience = { characters: number }

/** @param maxBytes what is larger stays undecoded */
export function decodeBase64(
  text: string,
  [start, end]: readonly [start: number, end: number],
  maxBytes: number,
  patience: Patience,
): Decoded | undefined {
  for (const from of possibleStarts(text, start, end)) {
    const head = contentHead(
      Buffer.from(unescaped(text.slice(from, Math.min(end, from + headCharacters))), 'base64'),
    )
    if (head === undefined) continue
    const wholeBytes = head.wholeBytes ?? maxBytes
    const wanted = Math.ceil((wholeBytes * 4) / 3)
    if (wholeBytes > maxBytes || patience.characters <= 0) continue
    const isLengthKnown = head.wholeBytes !== undefined
    if (isLengthKnown && wanted > text.length - from) continue
    const gathered = gatherLines(text, [from, end], wanted, isLengthKnown)
    const bytes = Buffer.from(gathered.characters, 'base64').subarray(0, wholeBytes)
    if (!isLengthKnown || bytes.length === wholeBytes) {
      return { bytes, head, start: from, end: gathered.end }
    }
    // The front of something, or chance.
    patience.characters -= gathered.end - from
  }
  return undefined
}

/** With a few to spare, for backslashes. */
const headCharacters = Math.ceil((headBytes * 4) / 3) + 8

function unescaped(characters: string): string {
  return characters.includes('\\') ? characters.replaceAll(/\\[nrt]?/g, '') : characters
}

/**
 * The run's own beginning, and, as strings may lie without anything between them, where a DER structure of one or
 * two length bytes begins (`30 81`, `30 82`): a few of those.
 */
function* possibleStarts(text: string, start: number, end: number): Iterable<number> {
  let first = start
  while (text[first] === '\\') first += 2
  yield first
  const run = text.slice(first + 1, Math.min(end - shortestBase64, first + 4096))
  let tries = 0
  for (const { index } of run.matchAll(/MI[GHI]/g)) {
    if (tries === 4) return
    tries += 1
    yield first + 1 + index
  }
}

/** Between two lines of one value: an end of line, and what joins two literals in code. */
const lineBreak = /["']?[ \t]{0,64}\+?(?:\r?\n)?[ \t]{0,64}["']?/y
const longestLine = 128

/**
 * Base64 over several lines. Lines belong together while they are as long as the first; one that is shorter is
 * the last. Where the content says its own length, they go on until it is reached.
 */
function gatherLines(
  text: string,
  [start, firstEnd]: readonly [start: number, end: number],
  wantedCharacters: number,
  isLengthKnown: boolean,
): { readonly characters: string; readonly end: number } {
  const lines = [text.slice(start, firstEnd)]
  const lineLength = firstEnd - start
  let count = lineLength
  let end = firstEnd
  while (count < wantedCharacters && text[end] !== '=') {
    lineBreak.lastIndex = end
    const next = end + (lineBreak.exec(text)?.[0].length ?? 0)
    const nextEnd = runEnd(text, base64Alphabet, next)
    const length = nextEnd - next
    if (next === end || length === 0) break
    if (!isLengthKnown && (lineLength > longestLine || length > lineLength)) break
    lines.push(text.slice(next, nextEnd))
    count += length
    end = nextEnd
    if (!isLengthKnown && length < lineLength) break
  }
  return { characters: unescaped(lines.join('')), end }
}
