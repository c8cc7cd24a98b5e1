import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { type AppPackage, mainIdentity } from '../../src/app-package.ts'
import { contentReaders } from '../../src/content/content-readers.ts'
import { detectors, judges } from '../../src/detectors.ts'
import { type Facts, noFacts } from '../../src/facts.ts'
import type { Finding, NotChecked } from '../../src/finding.ts'
import { defaultLimits } from '../../src/index.ts'
import type { ScanSettings } from '../../src/scan-settings.ts'
import type { TextRegion } from '../../src/text-region.ts'

export const fixtures = path.join(import.meta.dirname, '../../../test/fixtures/android')

export const settings: ScanSettings = {
  submittedAt: new Date('2026-12-01T00:00:00Z'),
  releaseWindowDays: 60,
  limits: defaultLimits,
}

export type ReadFiles = {
  readonly facts: Facts
  readonly regions: readonly TextRegion[]
  readonly findings: readonly Finding[]
  readonly notChecked: readonly NotChecked[]
}

/** Files of a folder by their path within it, as an archive of them would have them. */
export function filesIn(folder: string): Map<string, Buffer> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => statSync(path.join(folder, file)).isFile())
    .toSorted()
  return new Map(files.map((file) => [file, readFileSync(path.join(folder, file))]))
}

/** Runs the readers of contents and the detectors' ends over files, without an archive around them. */
export async function readFiles(files: ReadonlyMap<string, Buffer>): Promise<ReadFiles> {
  const facts = noFacts()
  const regions: TextRegion[] = []
  const findings: Finding[] = []
  const notChecked: NotChecked[] = []
  const sink = {
    text: (region: TextRegion) => void regions.push(region),
    blob: () => {},
    fact<Kind extends keyof Facts>(kind: Kind, fact: Facts[Kind][number]) {
      ;(facts[kind] as (typeof fact)[]).push(fact)
    },
    report: (finding: Finding) => void findings.push(finding),
    notChecked: (file: string, why: string) => void notChecked.push({ path: file, why }),
  }
  for (const [file, bytes] of files) {
    const head = bytes.subarray(0, 4096)
    const reader = contentReaders.find((each) => each.takes(head, file))
    await reader?.read(bytes, { path: file, size: bytes.length }, sink)
  }
  for (const make of detectors) await make(settings).end?.(facts, sink)
  const app: AppPackage = {
    format: 'apk',
    platform: 'android',
    bytes: 0,
    ...mainIdentity(facts.appIdentities),
  }
  for (const judge of judges) findings.push(...judge(facts, { app, settings }))
  return { facts, regions, findings, notChecked }
}
