import { isProblem, Problem } from '@sallyport/problem'
import type { ExitCode } from './command.ts'
import { readCommandLine } from './command-line.ts'
import { commands } from './commands.ts'
import { exitCodeOf } from './exit-code.ts'
import { fileProblem } from './files/file-problem.ts'
import { isGiven } from './input.ts'
import { createOutput, type Output } from './terminal/output.ts'

/**
 * Runs one command line: reads it, loads the operation of its row in the table, and turns what goes
 * wrong into words and an exit code.
 */
export async function run(argv: readonly string[]): Promise<ExitCode> {
  // Words that nobody hears change nothing.
  process.stderr.on('error', () => {})
  const reading = readCommandLine(argv, commands)
  if ('exitCode' in reading) return reading.exitCode
  const { command, input } = reading.chosen
  const { stdin, stdout, stderr } = process
  const output = createOutput({ json: isGiven(input, 'json'), stdin, stdout, stderr })
  stdout.on('error', (error) => endWhereNobodyReads(error, output))
  try {
    const operation = await command.load()
    return await operation(input, output)
  } catch (error) {
    const problem = isProblem(error) ? error : (fileProblem(error) ?? unexpected(error))
    output.problem(problem)
    return exitCodeOf(problem.code)
  }
}

/**
 * `sallyport devices list | head`: whoever read has enough, and a command that knew its answer has set it. What is
 * written to a full disk is told: exit code 1 would be an answer.
 */
function endWhereNobodyReads(error: NodeJS.ErrnoException, output: Output): void {
  if (error.code === 'EPIPE') process.exit()
  output.problem(fileProblem(error) ?? unexpected(error))
  process.exit(3)
}

/** A defect of ours, or of the machine: with its stack, since nobody foresaw it. */
function unexpected(error: unknown): Problem {
  const told = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return new Problem('internal_error', { detail: told, cause: error })
}
