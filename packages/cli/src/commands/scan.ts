import { isProblem } from '@sallyport/problem'
import {
  failing,
  makeReports,
  type MadeReports,
  renderReports,
  type Report,
  scan,
  type ScannedFile,
  type Suppression,
} from '@sallyport/scanner'
import type { AdminClient } from '../admin/admin-client.ts'
import type { ExitCode, Input, Operation } from '../command.ts'
import { fileProblem } from '../files/file-problem.ts'
import { writeFileAtomically } from '../files/write-file.ts'
import { issuedCertificates } from '../scan/ask-authority.ts'
import { olderBuild, readBaseline } from '../scan/older-build.ts'
import { showProgress } from '../scan/progress.ts'
import { type ScanOptions, scanOptions } from '../scan/scan-options.ts'
import { baselineWords, nextStep, olderBuildWords, suppressionWords } from '../scan/scan-words.ts'
import { unreadProblem } from '../scan/unread-package.ts'
import type { Output } from '../terminal/output.ts'
import { printable } from '../terminal/printable.ts'

export const scanPackages: Operation = async (input, output) => {
  const now = Date.now()
  const options = await scanOptions(input, now)
  const suppressions =
    options.suppressions === undefined ? [] : await suppressionsIn(options.suppressions)
  const baseline = options.baseline === undefined ? undefined : await readBaseline(options.baseline)
  const known = baseline && new Set(baseline.findings.map(({ fingerprint }) => fingerprint))
  const { diff } = options
  const older = diff === undefined ? undefined : await olderBuild(diff, options.settings)
  // Before anything is scanned: a file that names no authority is told at once.
  const client = options.asksAuthority ? await adminClient(input) : undefined
  const { results, failed } = await scanEach(options, client, output)
  const { failOn, asked } = options
  const made = makeReports(results, {
    failOn,
    asked,
    suppressions,
    now,
    ...(known === undefined ? {} : { baseline: known }),
    ...(older === undefined || diff === undefined
      ? {}
      : { older: { file: diff, findings: older.findings } }),
  })
  const code = failed > 0 ? 3 : exitCode(made, failOn)
  // Whoever reads the report may leave early: `sallyport scan … | head` is no gate that opens.
  process.exitCode = code
  if (made.reports.length > 0) write(made.reports, options, output)
  const words = [
    ...suppressionWords(made, now),
    ...baselineWords(made, known),
    ...olderBuildWords(made, options.baseline, baseline),
    ...olderBuildWords(made, diff, older),
  ]
  for (const line of words) output.say(line)
  if (made.reports.length > 0) output.say(nextStep(made.reports, options))
  return code
}

/** What reads configuration, or speaks to an authority, is loaded where it is asked for: it costs what a scan may. */
async function suppressionsIn(file: string): Promise<readonly Suppression[]> {
  return (await import('../scan/suppressions-file.ts')).readSuppressions(file)
}

async function adminClient(input: Input): Promise<AdminClient> {
  return (await import('../admin/configured-client.ts')).configuredClient(input)
}

/**
 * One after another. A file that cannot be read at all, or not as a package, is told of, and the others are scanned.
 *
 * @returns `failed`: how much could not be done
 */
async function scanEach(
  { files, settings }: ScanOptions,
  client: AdminClient | undefined,
  output: Output,
): Promise<{ results: ScannedFile[]; failed: number }> {
  const results: ScannedFile[] = []
  let failed = 0
  for (const file of files) {
    const endProgress = showProgress(`Reading ${printable(file)}`, process.stderr)
    try {
      const result = await scan(file, settings)
      results.push({ file, result })
      const unread = unreadProblem(file, result)
      if (unread !== undefined) {
        failed += 1
        output.problem(unread)
      }
    } catch (error) {
      const problem = isProblem(error) ? error : fileProblem(error)
      if (problem === undefined) throw error
      failed += 1
      output.problem(problem)
    } finally {
      endProgress()
    }
  }
  if (client === undefined) return { results, failed }
  try {
    return { results: await withIssued(results, client), failed }
  } catch (error) {
    if (!isProblem(error)) throw error
    // What was found is told all the same.
    output.problem(error)
    return { results, failed: failed + 1 }
  }
}

async function withIssued(
  results: readonly ScannedFile[],
  client: AdminClient,
): Promise<ScannedFile[]> {
  const asked: ScannedFile[] = []
  for (const { file, result } of results) {
    asked.push({ file, result, issued: await issuedCertificates(result, client) })
  }
  return asked
}

function write(reports: readonly Report[], { format, output: file }: ScanOptions, output: Output) {
  if (file === undefined) {
    process.stdout.write(renderReports(format, reports, output.paint))
    return
  }
  writeFileAtomically(file, renderReports(format, reports))
  output.say(`Written to ${printable(file)}`)
}

function exitCode({ reports, expiredSuppressions }: MadeReports, failOn: string): ExitCode {
  const fails = reports.some((report) => failing(report).length > 0)
  return fails || (failOn !== 'never' && expiredSuppressions.length > 0) ? 1 : 0
}
