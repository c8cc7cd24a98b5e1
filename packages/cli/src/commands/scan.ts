import { isProblem } from '@sallyport/problem'
import {
  failing,
  makeReports,
  type MadeReports,
  renderReports,
  type Report,
  scan,
  type ScanResult,
} from '@sallyport/scanner'
import type { ExitCode, Operation } from '../command.ts'
import { fileProblem } from '../files/file-problem.ts'
import { writeFileAtomically } from '../files/write-file.ts'
import { olderFindings, readBaseline } from '../scan/older-build.ts'
import { showProgress } from '../scan/progress.ts'
import { type ScanOptions, scanOptions } from '../scan/scan-options.ts'
import { nextStep, suppressionWords } from '../scan/scan-words.ts'
import { readSuppressions } from '../scan/suppressions-file.ts'
import type { Output } from '../terminal/output.ts'
import { printable } from '../terminal/printable.ts'

export const scanPackages: Operation = async (input, output) => {
  const now = Date.now()
  const options = scanOptions(input, now)
  const suppressions =
    options.suppressions === undefined ? [] : readSuppressions(options.suppressions)
  const baseline = options.baseline === undefined ? undefined : readBaseline(options.baseline)
  const { diff } = options
  const older =
    diff === undefined
      ? undefined
      : { file: diff, findings: await olderFindings(diff, options.settings) }
  const { results, unreadable } = await scanEach(options, output)
  const { failOn, asked } = options
  const made = makeReports(results, {
    failOn,
    asked,
    suppressions,
    now,
    ...(baseline === undefined ? {} : { baseline }),
    ...(older === undefined ? {} : { older }),
  })
  if (made.reports.length > 0) write(made.reports, options, output)
  for (const line of suppressionWords(made, now)) output.say(line)
  if (made.reports.length > 0) output.say(nextStep(made.reports, options))
  return unreadable > 0 ? 3 : exitCode(made, failOn)
}

type Results = { readonly file: string; readonly result: ScanResult }[]

/** One after another. A file that cannot be read at all is told of, and the others are scanned. */
async function scanEach(
  { files, settings }: ScanOptions,
  output: Output,
): Promise<{ results: Results; unreadable: number }> {
  const results: Results = []
  for (const file of files) {
    const endProgress = showProgress(`Reading ${printable(file)}`, process.stderr)
    try {
      results.push({ file, result: await scan(file, settings) })
    } catch (error) {
      const problem = isProblem(error) ? error : fileProblem(error)
      if (problem === undefined) throw error
      output.problem(problem)
    } finally {
      endProgress()
    }
  }
  return { results, unreadable: files.length - results.length }
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
