import { EntryFault } from '../archive/entry.ts'
import type { ContentReader } from '../content/content-reader.ts'
import { Fields } from '../strings/fields.ts'
import { JoinedStrings } from '../strings/joined-strings.ts'

const headerBytes = 32

/**
 * `global-metadata.dat` of Unity's IL2CPP: a table of literals (length, offset), and their UTF-8 one behind another
 * without anything between. Names of types and members are not told.
 */
export const unityMetadataReader: ContentReader = {
  name: 'Unity metadata',
  takes: (head) => head.length >= headerBytes && head.readUInt32LE(0) === 0xfab11baf,
  read: (bytes, { path }, sink) => {
    const fields = new Fields(bytes, true, 'Unity metadata')
    const [table, tableBytes] = [fields.u32(8), fields.u32(12)]
    const [literals, literalBytes] = [fields.u32(16), fields.u32(20)]
    if (!fields.holds(table, tableBytes) || !fields.holds(literals, literalBytes)) {
      throw new EntryFault('Unity metadata: its literals lie behind the end; it may be encrypted')
    }
    const joined = new JoinedStrings(sink, { path, source: 'code-strings', encoding: 'utf8' })
    let left = literalBytes * 4
    for (let at = table; at + 8 <= table + tableBytes; at += 8) {
      const [length, start] = [fields.u32(at), fields.u32(at + 4)]
      left -= length
      if (start + length > literalBytes || left < 0) continue
      joined.add(bytes, literals + start, literals + start + length)
    }
    joined.flush()
  },
}
