import { type KeyObject, randomBytes } from 'node:crypto'
import type { KeyKind, KeyProvider, SigningKey, UnwrapKey } from '@sallyport/pki'
import { wrapKey } from '@sallyport/pki/cms'
import { isProblem, Problem } from '@sallyport/problem'

type UnwrappingKey = SigningKey & { readonly unwrap: UnwrapKey }

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

  /** Has a key opened again when it is asked for: the one of its name may be another by then. */
  forget(name: string): void {
    this.#open.delete(name)
  }

  /** Opens a key for one use: of a root, which is to lie in memory no longer than it must. */
  openOnce(name: string): Promise<SigningKey> {
    return this.#provider.open(name)
  }

  /**
   * As `openOrCreate`, of an RSA key that also unwraps others: it is tried before anything is encrypted to it.
   *
   * @throws Problem `key_unwraps_nothing`
   */
  async openOrCreateUnwrapping(name: string, kind: KeyKind): Promise<UnwrappingKey> {
    const key = await this.#openOrMake(name, () => this.#provider.createUnwrapping(name, kind))
    const { unwrap } = key
    if (unwrap === undefined || !(await unwrapsOthers(key.publicKey, unwrap))) {
      throw new Problem('key_unwraps_nothing', { detail: name })
    }
    return { ...key, unwrap }
  }

  openOrCreate(name: string, kind: KeyKind): Promise<SigningKey> {
    return this.#openOrMake(name, () => this.#provider.create(name, kind))
  }

  /** A process that ended between a key and what names it left a key that can be used. */
  async #openOrMake(name: string, make: () => Promise<SigningKey>): Promise<SigningKey> {
    const names = await this.#provider.list()
    if (names.includes(name)) return this.#provider.open(name)
    try {
      return await make()
    } catch (error) {
      // Another process made it meanwhile.
      if (isProblem(error) && error.code === 'key_exists') return this.#provider.open(name)
      throw error
    }
  }
}

/** By PKCS#1 v1.5: what clients of SCEP encrypt by. */
async function unwrapsOthers(publicKey: KeyObject, unwrap: UnwrapKey): Promise<boolean> {
  const contentKey = randomBytes(32)
  const { encryptedKey } = wrapKey(publicKey, contentKey)
  const unwrapped = await unwrap(encryptedKey, { name: 'rsaes-pkcs1-v1_5' })
  return unwrapped?.equals(contentKey) === true
}
