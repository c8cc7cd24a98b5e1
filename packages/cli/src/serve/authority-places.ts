import path from 'node:path'
import { signerSocketOf } from '@sallyport/authority'
import { resolvePath } from '@sallyport/config'
import { type ReloadPlace, reloadPlaceIn } from './reload-place.ts'

/** What of a configuration says where authority and signer keep what they write. */
export type AuthorityPlaces = {
  readonly store?: { readonly path?: string }
  readonly authority: {
    readonly name: string
    readonly keys: { readonly directory: string }
    readonly signer: { readonly socket?: string }
  }
}

/** Beside the socket, in a directory that is the signer's own. */
export function signerPlace(directory: string, { authority }: AuthorityPlaces): ReloadPlace {
  return reloadPlaceIn(path.dirname(signerSocketOf(directory, authority)), 'signer')
}

/** Beside the store, which only its owner writes; where that is on another machine, beside the socket of the signer. */
export function authorityPlace(directory: string, config: AuthorityPlaces): ReloadPlace {
  const { store, authority } = config
  const folder =
    store?.path === undefined
      ? path.dirname(signerSocketOf(directory, authority))
      : path.dirname(resolvePath(directory, store.path))
  return reloadPlaceIn(folder, `authority-${authority.name}`)
}
