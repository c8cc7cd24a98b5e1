import type { KeyKind, KeyProvider, SigningKey } from '@sallyport/pki'
import { isProblem, Problem } from '@sallyport/problem'

/** The keys of a provider; those that sign often stay open. */
export class HeldKeys {
  readonly #provider: KeyProvider
  readonly #open = new Map<string, Promise<SigningKey>>()

  constructor(provider: KeyProvider) {
    this.#provider = provider
  }

  /** @throws Problem `key_missing`, and what else the provider says */
  open(name: string): Promise<SigningKey> {
    const known = this.#open.get(name)
    if (known !== undefined) return known
    const opening = this.#provider.open(name)
    this.#open.set(name, opening)
    // What failed once is tried again: the key may be brought back.
    opening.catch(() => this.#open.delete(name))
    return opening
  }

  /** Opens a key for one use: of a root, which is to lie in memory no longer than it must. */
  openOnce(name: string): Promise<SigningKey> {
    return this.#provider.open(name)
  }

  /** As `openOrCreate`, of an RSA key that also unwraps others. */
  async openOrCreateUnwrapping(name: string, kind: KeyKind): Promise<SigningKey> {
    const { createUnwrapping } = this.#provider
    if (createUnwrapping === undefined) throw new Problem('key_missing', { detail: name })
    if ((await this.#provider.list()).includes(name)) return this.open(name)
    try {
      return await createUnwrapping(name, kind)
    } catch (error) {
      if (isProblem(error) && error.code === 'key_exists') return this.open(name)
      throw error
    }
  }

  /** A process that ended between a key and what names it left a key that can be used. */
  async openOrCreate(name: string, kind: KeyKind): Promise<SigningKey> {
    const names = await this.#provider.list()
    if (names.includes(name)) return this.#provider.open(name)
    try {
      return await this.#provider.create(name, kind)
    } catch (error) {
      // Another process made it meanwhile.
      if (isProblem(error) && error.code === 'key_exists') return this.#provider.open(name)
      throw error
    }
  }
}
