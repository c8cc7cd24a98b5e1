import type { TextRegion } from '../text-region.ts'
import type { KeptText } from './password/password-candidates.ts'

const maxKeptCharacters = 24 * 1024 ** 2

/**
 * Keeps text until it is known whether something is locked: looking for passwords costs nothing in a package that
 * locks nothing. Small regions fit in to the last; what does not fit is not searched, and the ledger says so. The same
 * text again (a library in several folders, or for several processors) gives no other password, and is not kept.
 */
export class TextShelf {
  readonly texts: KeptText[] = []
  readonly #byOutline = new Map<string, string>()
  #characters = 0
  isOverfull = false

  keep({ path, source, text }: TextRegion): void {
    // Bytes of unknown content are no strings.
    if (source === 'bytes') return
    const outline = outlineOf(text)
    // With one text alone: whoever makes many that are alike pays for no more than one comparison each.
    if (this.#byOutline.get(outline) === text) return
    if (this.#characters + text.length > maxKeptCharacters) {
      this.isOverfull = true
      return
    }
    this.#characters += text.length
    this.texts.push({ path, text })
    this.#byOutline.set(outline, text)
  }
}

/** Tells most texts apart. */
function outlineOf(text: string): string {
  const middle = text.length >> 1
  return [text.length, text.slice(0, 32), text.slice(middle, middle + 32), text.slice(-32)].join()
}
