import { readArguments, usage } from './arguments.ts'
import type { Outcome } from './benchmark.ts'
import { benchmarks } from './benchmarks.ts'

/** 0 measured; 1 a limit is not met, where that was asked; 2 wrong use; 3 it could not be done. */
type ExitCode = 0 | 1 | 2 | 3

async function main(argv: readonly string[]): Promise<ExitCode> {
  const reading = readArguments(argv, benchmarks)
  if ('complaint' in reading) {
    process.stderr.write(`${reading.complaint}\n\n${usage(benchmarks)}`)
    return 2
  }
  if ('help' in reading) {
    process.stdout.write(usage(benchmarks))
    return 0
  }
  const { benchmark, isJson, isCheck, counts } = reading
  const say = (line: string): void => void process.stderr.write(`${line}\n`)
  const ending = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM']) {
    // Not once: npm passes on what the process group got already, and the second would end us before the servers.
    process.on(signal, () => ending.abort(new Error(`ended by ${signal}`)))
  }
  let outcome: Outcome
  try {
    outcome = await benchmark.run(counts, { say, signal: ending.signal })
  } catch (error) {
    const reason: unknown = ending.signal.aborted ? ending.signal.reason : error
    say(reason instanceof Error ? reason.message : String(reason))
    return 3
  }
  const { report, text, meetsLimits } = outcome
  process.stdout.write(isJson ? `${JSON.stringify(report, undefined, 2)}\n` : text)
  return isCheck && !meetsLimits ? 1 : 0
}

process.exitCode = await main(process.argv.slice(2))
