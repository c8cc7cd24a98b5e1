import { unpackKey } from '@sallyport/wire/status'
import type { Entry, PackedList } from './packed-list.ts'

/** A key as the feed has it, and what is said of it. */
export type ListedKey = { readonly kind: string; readonly key: string; readonly entry: Entry }

/** The keys of lists that are wanted, unpacked: an object each, and so not for every request. */
export function listedKeys(
  lists: readonly PackedList[],
  isWanted: (kind: string, status: string) => boolean,
): ListedKey[] {
  const found: ListedKey[] = []
  for (const list of lists) {
    list.each((kind, form, keys, at, width, entry) => {
      if (!isWanted(kind, entry.status)) return
      found.push({ kind, key: unpackKey(form, keys.subarray(at, at + width)), entry })
    })
  }
  return found
}
