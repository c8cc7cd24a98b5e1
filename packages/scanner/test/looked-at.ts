import type { Detector } from '../src/detector.ts'
import { type Facts, noFacts } from '../src/facts.ts'
import type { Finding } from '../src/finding.ts'
import type { Blob, Sink } from '../src/sink.ts'
import type { TextRegion, TextSource } from '../src/text-region.ts'

/** Shows one text to detectors as a scan does, and keeps what they say. */
export async function lookAt(
  detectors: readonly Detector[],
  text: string,
  source: TextSource = 'file',
  known: Partial<Facts> = {},
) {
  const blobs: Blob[] = []
  const regions: TextRegion[] = []
  const findings: Finding[] = []
  const facts: { kind: string; fact: unknown }[] = []
  const notChecked: string[] = []
  const sink: Sink = {
    text: (region) => {
      regions.push(region)
      for (const each of detectors) each.text?.(region, sink)
    },
    blob: (blob) => {
      blobs.push(blob)
      for (const each of detectors) each.bytes?.(blob, sink)
    },
    fact: (kind, fact) => facts.push({ kind, fact }),
    report: (finding) => findings.push(finding),
    notChecked: (_path, why) => notChecked.push(why),
  }
  const path = 'assets/some.txt'
  sink.text({ path, source, text, encoding: 'latin1', offsetAt: (index) => index })
  for (const each of detectors) await each.end?.({ ...noFacts(), ...known }, sink)
  return { blobs, regions: regions.slice(1), findings, facts, notChecked }
}
