import type { ContentReader } from '../../src/content/content-reader.ts'
import { dexReader } from '../../src/dex/dex-reader.ts'
import { noFacts } from '../../src/facts.ts'
import type { Finding, NotChecked } from '../../src/finding.ts'
import type { Blob, Sink } from '../../src/sink.ts'
import type { TextRegion } from '../../src/text-region.ts'

/** What the reader of DEX says of an entry. */
export function readDex(bytes: Buffer) {
  return readWith(dexReader, bytes, 'classes.dex')
}

export function readWith(reader: ContentReader, bytes: Buffer, path: string) {
  const facts = noFacts()
  const regions: TextRegion[] = []
  const blobs: Blob[] = []
  const findings: Finding[] = []
  const notChecked: NotChecked[] = []
  const sink: Sink = {
    text: (region) => regions.push(region),
    blob: (blob) => blobs.push(blob),
    fact: (kind, fact) => (facts[kind] as (typeof fact)[]).push(fact),
    report: (finding) => findings.push(finding),
    notChecked: (where, why) => notChecked.push({ path: where, why }),
  }
  void reader.read(bytes, { path, size: bytes.length }, sink)
  return { facts, regions, blobs, findings, notChecked }
}
