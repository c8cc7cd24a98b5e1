import { readFileSync } from 'node:fs'
import type { ContentReader } from '../src/content/content-reader.ts'
import { type Facts, noFacts } from '../src/facts.ts'
import type { Finding, NotChecked } from '../src/finding.ts'
import type { Blob, Sink } from '../src/sink.ts'
import type { TextRegion } from '../src/text-region.ts'

/** What a reader tells of bytes. */
export type Collected = {
  readonly regions: TextRegion[]
  readonly blobs: Blob[]
  readonly facts: Facts
  readonly findings: Finding[]
  readonly notChecked: NotChecked[]
}

export function collector(): Collected & { readonly sink: Sink } {
  const facts = noFacts()
  const collected = {
    regions: [] as TextRegion[],
    blobs: [] as Blob[],
    facts,
    findings: [] as Finding[],
    notChecked: [] as NotChecked[],
  }
  const sink: Sink = {
    text: (region) => void collected.regions.push(region),
    blob: (blob) => void collected.blobs.push(blob),
    fact: (kind, fact) => void (facts[kind] as (typeof fact)[]).push(fact),
    report: (finding) => void collected.findings.push(finding),
    notChecked: (path, why) => void collected.notChecked.push({ path, why }),
  }
  return { ...collected, sink }
}

/** @throws what the reader throws */
export async function readWith(
  reader: ContentReader,
  bytes: Buffer,
  path = 'entry',
): Promise<Collected> {
  const { sink, ...collected } = collector()
  await reader.read(bytes, { path, size: bytes.length }, sink)
  return collected
}

/** Where a text stands in what was told, and the byte of the entry that it is said to lie at. */
export function placesOf(text: string, regions: readonly TextRegion[]): number[] {
  return regions.flatMap((region) => {
    const index = region.text.indexOf(text)
    return index === -1 ? [] : [region.offsetAt(index)]
  })
}

/** @param name below `test/fixtures` */
export function fixture(name: string): Buffer {
  return readFileSync(new URL(`../../test/fixtures/${name}`, import.meta.url))
}
