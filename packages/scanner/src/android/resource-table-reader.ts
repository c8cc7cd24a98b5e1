import type { ContentReader } from '../content/content-reader.ts'
import { chunkTypes } from './chunk.ts'
import { poolRegions } from './text-regions.ts'
import { readResourceTable } from './resources/read-resource-table.ts'

const headerBytes = 12

/** `resources.arsc`. */
export const resourceTableReader: ContentReader = {
  name: 'compiled resources',
  takes: (head) =>
    head.length > headerBytes &&
    head.readUInt16LE(0) === chunkTypes.table &&
    head.readUInt16LE(2) === headerBytes &&
    head.readUInt16LE(headerBytes) === chunkTypes.stringPool,
  read(bytes, { path }, sink) {
    const table = readResourceTable(bytes, path)
    for (const region of poolRegions(table.strings, path, 'resource-strings')) sink.text(region)
    for (const fault of table.faults) sink.notChecked(path, `compiled resources: ${fault}`)
    if (table.strings.isExhausted()) {
      sink.notChecked(path, 'compiled resources: strings overlap: some were not read')
    }
    sink.fact('resourceTables', table)
  },
}
