import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Facts } from '../../src/facts.ts'
import { noFacts } from '../../src/facts.ts'
import type { Finding, NotChecked } from '../../src/finding.ts'
import { keyDetector } from '../../src/keys/key-detector.ts'
import { defaultLimits } from '../../src/limits.ts'
import type { Sink } from '../../src/sink.ts'
import type { TextRegion } from '../../src/text-region.ts'

const folder = path.join(import.meta.dirname, '../../../test/fixtures/keys')

/** @param name of a file that `fixtures/keys/make.sh` makes */
export function fixture(name: string): Buffer {
  return readFileSync(path.join(folder, name))
}

export const ownPassword = 'Zebra-crossing-41'
export const settings = {
  submittedAt: new Date('2027-01-01T00:00:00Z'),
  releaseWindowDays: 60,
  // A machine under load is slow; what is found may not depend on it.
  limits: { ...defaultLimits, unlockEachMilliseconds: 60_000, unlockAllMilliseconds: 60_000 },
}

export type Given = {
  readonly files?: Readonly<Record<string, Buffer | string>>
  readonly texts?: Readonly<Record<string, string>>
  readonly source?: TextRegion['source']
  readonly passwords?: Facts['passwords']
  readonly keyManagerUses?: Facts['keyManagerUses']
  readonly submittedAt?: Date
  /** Milliseconds, for each and for all. */
  readonly unlock?: readonly [number, number]
}

/** What the detector says of a package of these entries and texts. */
export async function detectKeys(
  given: Given,
): Promise<{ findings: Finding[]; notChecked: NotChecked[] }> {
  const findings: Finding[] = []
  const notChecked: NotChecked[] = []
  const sink: Sink = {
    text: () => {},
    blob: () => {},
    fact: () => {},
    report: (finding) => findings.push(finding),
    notChecked: (where, why) => notChecked.push({ path: where, why }),
  }
  const submittedAt = given.submittedAt ?? settings.submittedAt
  const [unlockEachMilliseconds, unlockAllMilliseconds] = given.unlock ?? [60_000, 60_000]
  const limits = { ...defaultLimits, unlockEachMilliseconds, unlockAllMilliseconds }
  const detector = keyDetector({ ...settings, submittedAt, limits })
  for (const [name, content] of Object.entries(given.files ?? {})) {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content
    detector.bytes?.({ bytes, path: name, offset: 0, by: [] }, sink)
  }
  for (const [name, text] of Object.entries(given.texts ?? {})) {
    const source = given.source ?? 'code-strings'
    const region = {
      path: name,
      source,
      text,
      encoding: 'utf8',
      offsetAt: (at: number) => at,
    } as const
    detector.text?.(region, sink)
  }
  const { passwords = [], keyManagerUses = [] } = given
  await detector.end?.({ ...noFacts(), passwords, keyManagerUses }, sink)
  return { findings, notChecked }
}
