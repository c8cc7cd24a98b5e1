import { readFile } from 'node:fs/promises'
import type { JWK } from 'jose'
import { readAuthorityKeys } from './key-document.ts'
import type { AuthorityKeys } from './options.ts'

/**
 * The keys that documents are believed by: those that a person gave, until a document names the ones that follow
 * them. A file that a person has changed since goes before what was learned, until a document fits it.
 */
export class AuthorityPin {
  readonly #given: AuthorityKeys['keys']
  #text: string | undefined
  #keys: readonly JWK[] = []
  #isNew = true

  constructor(given: AuthorityKeys['keys']) {
    this.#given = given
    if (typeof given !== 'string') this.#keys = readAuthorityKeys(given.keys)
  }

  /** Whether no document was held against it yet. */
  get isNew(): boolean {
    return this.#isNew
  }

  async trusted(learned: readonly JWK[] | undefined): Promise<readonly JWK[]> {
    if (typeof this.#given === 'string') {
      const text = await readFile(this.#given, 'utf8')
      if (text !== this.#text) {
        this.#keys = keysIn(text)
        this.#text = text
        this.#isNew = true
      }
    }
    return this.#isNew ? this.#keys : (learned ?? this.#keys)
  }

  /** A document fits. */
  accept(): void {
    this.#isNew = false
  }
}

function keysIn(text: string): readonly JWK[] {
  const set: unknown = JSON.parse(text)
  if (typeof set === 'object' && set !== null && 'keys' in set) return readAuthorityKeys(set.keys)
  throw new TypeError('not a JSON Web Key Set: it has no list of keys')
}
