import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { argv, resourceUsage } from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { openPackage } from '../src/archive/open-package.ts'
import { defaultLimits, type NotChecked, type ScanLimits } from '../src/index.ts'
import { newLedger } from '../src/ledger.ts'

/** What it cost to read all of a package in a process of its own. */
export type Cost = {
  readonly entries: number
  readonly faults: number
  readonly bytes: number
  /** Piece by piece, where it was read so: the largest. */
  readonly largestPiece: number
  readonly ledger: readonly NotChecked[]
  readonly milliseconds: number
  /** Bytes of memory at the most, with what Node takes itself. */
  readonly peakMemory: number
}

export async function readInChild(file: string, limits: Partial<ScanLimits> = {}): Promise<Cost> {
  const program = fileURLToPath(import.meta.url)
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [program, file, JSON.stringify(limits)],
    { maxBuffer: 64 * 1024 * 1024, timeout: 120_000 },
  )
  return JSON.parse(stdout) as Cost
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const limits = { ...defaultLimits, ...(JSON.parse(argv[3] ?? '{}') as Partial<ScanLimits>) }
  console.log(JSON.stringify(await costOf(argv[2] ?? '', limits)))
}

async function costOf(file: string, limits: ScanLimits): Promise<Cost> {
  const startedAt = performance.now()
  const ledger = newLedger()
  const { entries, close, sha256 } = await openPackage(file, limits, ledger.note)
  const sums = { entries: 0, faults: 0, bytes: 0, largestPiece: 0 }
  for await (const entry of entries) {
    sums.entries += 1
    try {
      if (entry.size > limits.wholeEntryBytes) {
        for await (const { bytes } of entry.pieces()) {
          sums.bytes += bytes.length
          sums.largestPiece = Math.max(sums.largestPiece, bytes.length)
        }
      } else {
        sums.bytes += (await entry.read()).length
      }
    } catch (error) {
      sums.faults += 1
      ledger.note(entry.path, (error as Error).message)
    }
  }
  await sha256()
  await close()
  const milliseconds = performance.now() - startedAt
  return {
    ...sums,
    ledger: ledger.lines(),
    milliseconds,
    peakMemory: peakMemory(),
  }
}

/** What Linux gives as `maxRSS` begins with that of the process that started this one. */
function peakMemory(): number {
  const status = existsSync('/proc/self/status') ? readFileSync('/proc/self/status', 'utf8') : ''
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]
  return (kilobytes === undefined ? resourceUsage().maxRSS : Number(kilobytes)) * 1024
}
