import type { ContentReader } from '../content/content-reader.ts'
import { shortestOfData, textOfRuns } from '../strings/text-of-runs.ts'

const headerBytes = 12

/** An indexed RAM bundle of React Native: a table of modules, and each of them as text that ends with a zero. */
export const ramBundleReader: ContentReader = {
  name: 'RAM bundle',
  takes: (head) => head.length >= headerBytes && head.readUInt32LE(0) === 0xfb0bd1e5,
  read: (bytes, { path }, sink) => {
    const modules = [{ start: headerBytes, end: bytes.length }]
    textOfRuns(bytes, modules, shortestOfData, { path, source: 'script' }, sink)
  },
}
