import { EntryFault } from '../archive/entry.ts'

/**
 * One block of LZ4 (lz4_Block_format.md), as Xamarin compresses assemblies.
 *
 * @param length of what comes out, as whoever holds it says; the caller bounds it
 * @throws EntryFault where it is damaged, or ends before. What follows is not looked at
 */
export function unpackLz4Block(block: Buffer, length: number): Buffer {
  const out = Buffer.allocUnsafe(length)
  let from = 0
  let to = 0
  const byte = () => {
    const value = block[from++]
    if (value === undefined) throw new EntryFault('LZ4: cut short')
    return value
  }
  const longer = (short: number) => {
    let count = short
    if (short === 15) {
      let more = 255
      while (more === 255) {
        more = byte()
        count += more
      }
    }
    return count
  }
  while (to < length) {
    const token = byte()
    const literals = longer(token >> 4)
    if (from + literals > block.length || to + literals > length)
      throw new EntryFault('LZ4: too long')
    block.copy(out, to, from, from + literals)
    from += literals
    to += literals
    if (to === length) break
    const distance = byte() + byte() * 256
    const match = longer(token & 15) + 4
    if (distance === 0 || distance > to || to + match > length) throw new EntryFault('LZ4: too far')
    // A match may reach into what it writes itself.
    const end = to + match
    for (; to < end; to++) out[to] = out[to - distance] ?? 0
  }
  return out
}
