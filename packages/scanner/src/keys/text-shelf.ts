import type { TextRegion } from '../text-region.ts'
import type { KeptText } from './password/password-candidates.ts'

const maxKeptCharacters = 24 * 1024 ** 2

/**
 * Keeps text until it is known whether something is locked: looking for passwords costs nothing in a package that
 * locks nothing. Small regions fit in to the last; what does not fit is not searched, and the ledger says so.
 */
export class TextShelf {
  readonly texts: KeptText[] = []
  #characters = 0
  isOverfull = false

  keep({ path, source, text }: TextRegion): void {
    // Bytes of unknown content are no strings.
    if (source === 'bytes') return
    if (this.#characters + text.length > maxKeptCharacters) {
      this.isOverfull = true
      return
    }
    this.#characters += text.length
    this.texts.push({ path, text })
  }
}
