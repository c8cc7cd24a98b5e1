/** Kinds of compiled Android code by their first four bytes. Only `dex\n` is read; of the others the ledger says why not. */
export const dexKinds: readonly { readonly magic: string; readonly unread?: string }[] = [
  { magic: 'dex\n' },
  {
    magic: 'dey\n',
    unread: 'optimized DEX (.odex), made by a device: only its bytes were looked at',
  },
  { magic: 'cdex', unread: 'compact DEX, made by a device: only its bytes were looked at' },
  { magic: 'vdex', unread: 'VDEX, made by a device: only its bytes were looked at' },
]

/** By the first four bytes. Undefined: no compiled Android code. */
export function dexKindOf(head: Buffer): (typeof dexKinds)[number] | undefined {
  const magic = head.toString('latin1', 0, 4)
  return dexKinds.find((kind) => kind.magic === magic)
}
