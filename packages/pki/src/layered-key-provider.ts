import { isProblem } from '@sallyport/problem'
import type { KeyProvider } from './signing-key.ts'

/**
 * Keys of one place, and beside them those that were made before it was used: new keys are made in the first
 * place alone, but for those that unwrap others where it has none such; each key is opened where it is.
 */
export function layeredKeyProvider(first: KeyProvider, before: KeyProvider): KeyProvider {
  return {
    create: (name, kind) => first.create(name, kind),
    createUnwrapping: (name, kind) => {
      const place = [first, before].find(({ createUnwrapping }) => createUnwrapping !== undefined)
      if (place?.createUnwrapping === undefined) {
        throw new TypeError('neither place has keys that unwrap others')
      }
      return place.createUnwrapping(name, kind)
    },
    async open(name) {
      try {
        return await first.open(name)
      } catch (error) {
        if (!isProblem(error) || error.code !== 'key_missing') throw error
        return before.open(name)
      }
    },
    async list() {
      const names = [...(await first.list()), ...(await before.list())]
      return [...new Set(names)].toSorted()
    },
  }
}
