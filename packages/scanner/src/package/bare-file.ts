import type { AppPackage } from '../app-package.ts'

type Kind = Pick<AppPackage, 'format' | 'platform'>

/** Files that are no archive, by their first four bytes in hex. */
const kinds: Readonly<Record<string, Kind>> = {
  '7f454c46': { format: 'so', platform: 'android' }, // ELF
  feedface: { format: 'dylib', platform: 'ios' }, // Mach-O, 32 bits, big end first
  feedfacf: { format: 'dylib', platform: 'ios' },
  cefaedfe: { format: 'dylib', platform: 'ios' },
  cffaedfe: { format: 'dylib', platform: 'ios' },
  '6465780a': { format: 'file', platform: 'android' }, // DEX
}

/** Fat Mach-O begins as Java classes do; there it is the number of slices that follows, here the version, from 45. */
const fat = 'cafebabe'

/** What a file is that is no archive, by its first eight bytes. */
export function kindOfFile(head: Buffer): Kind {
  const magic = head.toString('hex', 0, 4)
  if (magic === fat && head.length >= 8 && head.readUInt32BE(4) < 40) {
    return { format: 'dylib', platform: 'ios' }
  }
  return Object.hasOwn(kinds, magic)
    ? (kinds[magic] as Kind)
    : { format: 'file', platform: 'unknown' }
}
