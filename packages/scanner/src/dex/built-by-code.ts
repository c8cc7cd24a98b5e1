import type { Sink } from '../sink.ts'
import { lastStart } from '../strings/last-start.ts'
import type { TextRegion } from '../text-region.ts'
import type { Trace } from './trace.ts'
import { bytesOf, textOf } from './values.ts'

/** Shorter ones hold no key. */
const minBlobBytes = 32

/**
 * What code builds of constants: arrays of bytes are blobs, and texts that stand nowhere as a whole are one region.
 * What one DEX builds comes to no more than `allowance` bytes and characters.
 */
export class BuiltByCode {
  private readonly path: string
  private readonly sink: Sink
  private left: number
  private readonly texts: { text: string; at: number }[] = []

  constructor(path: string, sink: Sink, allowance: number) {
    this.path = path
    this.sink = sink
    this.left = allowance
  }

  /** @param code absolute offset, for what has none of its own */
  take({ arrays, joined }: Trace, code: number): void {
    for (const array of arrays) {
      const bytes = bytesOf(array)
      if (bytes !== undefined) this.takeBytes(bytes, array.data?.at ?? code)
      else if (array.type === '[C') this.takeText(textOf(array), code)
      else if (array.type === '[Ljava/lang/String;')
        this.takeLines(array.elements.map((each) => textOf(each)))
    }
    for (const value of joined) this.takeText(textOf(value), code)
  }

  end(): void {
    if (this.texts.length > 0) this.sink.text(regionOf(this.path, this.texts))
  }

  private takeBytes(bytes: Buffer, offset: number): void {
    if (bytes.length < minBlobBytes || !this.fits(bytes.length)) return
    this.sink.blob({ bytes, path: this.path, offset, by: ['byte array'] })
  }

  private takeText(found: { text: string; at: number } | undefined, code: number): void {
    if (found === undefined || !this.fits(found.text.length)) return
    this.texts.push({ text: found.text, at: found.at === 0 ? code : found.at })
  }

  /** PEM, line by line. */
  private takeLines(lines: readonly ({ text: string; at: number } | undefined)[]): void {
    const [first] = lines
    if (first === undefined || !first.text.startsWith('-----BEGIN')) return
    this.takeText({ text: lines.map((line) => line?.text ?? '').join('\n'), at: first.at }, 0)
  }

  private fits(size: number): boolean {
    this.left -= size
    return this.left >= 0
  }
}

function regionOf(path: string, texts: readonly { text: string; at: number }[]): TextRegion {
  const starts: number[] = []
  let length = 0
  for (const { text } of texts) {
    starts.push(length)
    length += text.length + 1
  }
  return {
    path,
    source: 'code-strings',
    text: texts.map(({ text }) => `${text}\n`).join(''),
    encoding: 'mutf8',
    // A text that code joins lies nowhere: where its first part does must do.
    offsetAt: (index) =>
      texts[lastStart(starts.length, (each) => starts[each] as number, index)]?.at ?? 0,
  }
}
