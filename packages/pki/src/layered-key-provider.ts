import { isProblem } from '@sallyport/problem'
import type { KeyProvider } from './signing-key.ts'

/**
 * Keys of one place, and beside them those that were made before it was used: new keys are made in the first
 * place alone; each key is opened where it is.
 */
export function layeredKeyProvider(first: KeyProvider, before: KeyProvider): KeyProvider {
  return {
    create: (name, kind) => first.create(name, kind),
    createUnwrapping: (name, kind) => first.createUnwrapping(name, kind),
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
