import type { ContentReader } from '../content/content-reader.ts'
import { openDexFiles } from './dex-file.ts'
import { dexKindOf } from './dex-kinds.ts'
import { readCode } from './read-code.ts'
import { stringRegions } from './string-pool.ts'

/** Compiled Android code. */
export const dexReader: ContentReader = {
  name: 'DEX',
  takes: (head) => dexKindOf(head) !== undefined,
  read: (bytes, { path }, sink) => {
    const told = (why: string) => sink.notChecked(path, why)
    const unread = dexKindOf(bytes)?.unread
    const lost = (why: string) => sink.notChecked(path, why, 'whole')
    if (unread !== undefined) return lost(unread)
    const files = openDexFiles(bytes, lost)
    for (const region of stringRegions(files, path, told)) sink.text(region)
    for (const dex of files) readCode(dex, path, sink, told)
  },
}
