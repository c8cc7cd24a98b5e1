import { readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { Problem } from '@sallyport/problem'
import { type GoneFinding, readOlderReport, scan, type ScanSettings } from '@sallyport/scanner'
import { unreadProblem } from './unread-package.ts'

/** Reports are read whole; anything larger is none. */
const maxReportBytes = 256 * 1024 * 1024

/**
 * The fingerprints of a baseline.
 *
 * @throws Problem `command_usage` where the file is no report; Error of the file system
 */
export function readBaseline(file: string): ReadonlySet<string> {
  const findings = readOlderReport(readFileSync(file, 'utf8'))
  if (findings !== undefined) return new Set(findings.map(({ fingerprint }) => fingerprint))
  throw new Problem('command_usage', {
    detail: `--baseline ${file} is no report of a scan`,
    expected: 'what `sallyport scan … --format json --output FILE` wrote, of this version',
  })
}

/**
 * What an older build had: from its report, or, where the file is no report, from the package itself, scanned with
 * the same settings.
 *
 * @throws Error of the file system; Problem `package_unreadable`
 */
export async function olderFindings(
  file: string,
  settings: ScanSettings,
): Promise<readonly GoneFinding[]> {
  const reported = (await looksLikeJson(file))
    ? readOlderReport(readFileSync(file, 'utf8'))
    : undefined
  if (reported !== undefined) return reported
  const result = await scan(file, settings)
  const unread = unreadProblem(file, result)
  // All that this build has would be new.
  if (unread !== undefined) throw unread
  return result.findings
}

async function looksLikeJson(file: string): Promise<boolean> {
  const handle = await open(file)
  try {
    const stat = await handle.stat()
    if (!stat.isFile() || stat.size > maxReportBytes) return false
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(64), 0, 64, 0)
    return /^\s*[[{]/.test(buffer.toString('utf8', 0, bytesRead))
  } finally {
    await handle.close()
  }
}
