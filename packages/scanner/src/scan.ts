import { type AppPackage, mainIdentity } from './app-package.ts'
import { type Entry, EntryFault } from './archive/entry.ts'
import { openPackage } from './archive/open-package.ts'
import { readerOf, readLargeEntry } from './content/large-entry.ts'
import type { Detector } from './detector.ts'
import { detectors, judges } from './detectors.ts'
import { type Facts, noFacts } from './facts.ts'
import type { Finding, NotChecked } from './finding.ts'
import { newLedger } from './ledger.ts'
import { type EssentialParts, essentialParts } from './package/essential-parts.ts'
import { mergeFindings, type ReportedFinding } from './merge-findings.ts'
import type { PinSet } from './pin-set.ts'
import type { ScanSettings } from './scan-settings.ts'
import type { Blob, Sink } from './sink.ts'

export type ScanResult = {
  readonly app: AppPackage
  readonly findings: readonly ReportedFinding[]
  readonly notChecked: readonly NotChecked[]
  /**
   * Of these, what an app is nothing without: the archive itself, its manifest, its code. Where there are any, that
   * nothing was found means nothing.
   */
  readonly unread: readonly NotChecked[]
  /** What the package holds servers to, for whoever compares it with servers. */
  readonly pins: readonly PinSet[]
  readonly durationMs: number
}

/**
 * Reads one package, offline. Entries are read one at a time; what is wrong with one costs a line in `notChecked`.
 *
 * @throws Error of the file system where the file cannot be read at all; Problem `file_failed` where it is no file
 */
export async function scan(file: string, settings: ScanSettings): Promise<ScanResult> {
  const startedAt = performance.now()
  const facts = noFacts()
  const findings: Finding[] = []
  const ledger = newLedger()
  const looking = detectors.map((make) => make(settings))
  const essential = essentialParts()
  const sink: Sink = {
    text: (region) => {
      for (const each of looking) each.text?.(region, sink)
    },
    blob: (blob) => lookAtBytes(looking, blob, sink),
    fact: (kind, fact) => (facts[kind] as (typeof fact)[]).push(fact),
    report: (finding) => findings.push(finding),
    notChecked: (path, why, extent) => {
      ledger.note(path, why)
      essential.notChecked(path, why, extent)
    },
  }
  const opened = await openPackage(file, settings.limits, sink.notChecked)
  const unread = [...opened.unread]
  essential.isOf(opened.app.format)
  const isOver = () => performance.now() - startedAt > settings.limits.milliseconds
  let { app } = opened
  try {
    for await (const entry of opened.entries) {
      await readEntry(entry, { settings, looking, sink, isOver, essential })
      if (!isOver()) continue
      const line = { path: entry.path, why: timeOver }
      ledger.note(line.path, line.why)
      unread.push(line)
      break
    }
    for (const each of looking) await guarded(sink, () => each.end?.(facts, sink))
    unread.push(...essential.unread(facts))
    const sha256 = await opened.sha256()
    if (await opened.isChanged()) unread.push({ path: '.', why: writtenTo })
    app = { ...identified(app, facts), ...(sha256 === undefined ? {} : { sha256 }) }
    const about = { app, settings }
    for (const judge of judges) {
      await guarded(sink, () => {
        for (const finding of judge(facts, about)) findings.push(finding)
      })
    }
  } finally {
    await opened.close()
  }
  return {
    app,
    findings: mergeFindings(findings),
    notChecked: [...ledger.lines(), ...untold(unread, ledger.lines())],
    unread,
    pins: facts.pins,
    durationMs: Math.round(performance.now() - startedAt),
  }
}

/** What breaks on the facts of a hostile package costs a line; what others have to say is said. */
async function guarded(sink: Sink, run: () => void | Promise<void>): Promise<void> {
  try {
    await run()
  } catch (error) {
    sink.notChecked('.', `judging what was read failed: ${String(error)}`)
  }
}

const writtenTo =
  'the file was written to while it was read: what was found may be of neither version'
const timeOver = 'the time for the scan was over: nothing behind this was read'

/** Lines that the ledger has not, since nobody knew of them before all was read. */
function untold(lines: readonly NotChecked[], told: readonly NotChecked[]): NotChecked[] {
  const paths = new Set(told.map(({ path }) => path))
  return lines.filter(({ path }) => !paths.has(path))
}

/** What all entries have in common. */
type Reading = {
  readonly settings: ScanSettings
  readonly looking: readonly Detector[]
  readonly sink: Sink
  readonly isOver: () => boolean
  readonly essential: EssentialParts
}

async function readEntry(
  entry: Entry,
  { settings: { limits }, looking, sink, isOver, essential }: Reading,
): Promise<void> {
  try {
    if (entry.size > limits.wholeEntryBytes) {
      const look = (bytes: Buffer, offset: number) =>
        lookAtBytes(looking, { bytes, path: entry.path, offset, by: [] }, sink)
      essential.read(entry.path, await readLargeEntry(entry, look, sink, isOver))
      return
    }
    const bytes = await entry.read()
    lookAtBytes(looking, { bytes, path: entry.path, offset: 0, by: [] }, sink)
    const reader = readerOf(bytes, entry.path)
    essential.read(entry.path, reader?.name)
    await reader?.read(bytes, entry, sink)
  } catch (error) {
    // A reader that breaks on hostile bytes is one line of the ledger; what else could go wrong here
    // (memory, a bug of ours) is told the same way, and the scan goes on.
    const why = error instanceof EntryFault ? error.message : `reading failed: ${String(error)}`
    sink.notChecked(entry.path, why, 'whole')
  }
}

function lookAtBytes(looking: readonly Detector[], blob: Blob, sink: Sink): void {
  for (const each of looking) each.bytes?.(blob, sink)
}

function identified(app: AppPackage, facts: Facts): AppPackage {
  const main = mainIdentity(facts.appIdentities)
  if (main === undefined) return app
  const { path: _path, platform, ...identity } = main
  return { ...app, platform: app.platform === 'unknown' ? platform : app.platform, ...identity }
}
