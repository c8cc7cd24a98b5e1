import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { Problem } from '@sallyport/problem'
import { type OlderReport, readOlderReport, scan, type ScanSettings } from '@sallyport/scanner'
import { printable } from '../terminal/printable.ts'
import { unreadProblem } from './unread-package.ts'

/** Reports are read whole; anything larger is none. */
const maxReportBytes = 256 * 1024 * 1024

/**
 * A baseline: a report of an earlier scan.
 *
 * @throws Problem `command_usage` where the file is no report; Error of the file system
 */
export async function readBaseline(file: string): Promise<OlderReport> {
  const text = await textOf(file, () => true)
  const report = text === undefined ? undefined : readOlderReport(text)
  if (report === undefined) throw noReport('--baseline', file, text)
  return report
}

/**
 * What an older build had: from its report, or, where the file is no JSON, from the package itself, scanned with
 * the same settings.
 *
 * @throws Problem `command_usage` where it is JSON and no report, `package_unreadable`; Error of the file system
 */
export async function olderBuild(file: string, settings: ScanSettings): Promise<OlderReport> {
  const text = await textOf(file, (head) => /^\s*[[{]/.test(head))
  if (text !== undefined) {
    const report = readOlderReport(text)
    // Scanned as a package, nothing would be found in it, and all that this build has would be new.
    if (report === undefined) throw noReport('--diff', file, text)
    return report
  }
  const result = await scan(file, settings)
  const unread = unreadProblem(file, result)
  if (unread !== undefined) throw unread
  const { findings, app } = result
  return { findings, packageIds: app.id === undefined ? [] : [app.id], isPartial: false }
}

/**
 * All of a file that may be a report. A pipe or a device may never end.
 *
 * @param mayBe asked about its first characters
 * @returns undefined where it is no file, too large, or is not wanted
 */
async function textOf(file: string, mayBe: (head: string) => boolean): Promise<string | undefined> {
  // Without this, opening a pipe waits for somebody who writes to it.
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const stat = await handle.stat()
    if (!stat.isFile() || stat.size > maxReportBytes) return undefined
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(64), 0, 64, 0)
    if (!mayBe(buffer.toString('utf8', 0, bytesRead))) return undefined
    return await handle.readFile('utf8')
  } finally {
    await handle.close()
  }
}

function noReport(option: string, file: string, text: string | undefined): Problem {
  const schema = /"schema"\s*:\s*"(urn:sallyport:scan-report:\d{1,9})"/.exec(text ?? '')?.[1]
  return new Problem('command_usage', {
    detail: `${option} ${printable(file)} is no report of a scan`,
    expected: 'what `sallyport scan … --format json --output FILE` wrote, of this version',
    ...(schema === undefined ? {} : { found: `a report, of ${schema}, or a damaged one` }),
  })
}
