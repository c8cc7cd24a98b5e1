import { readArguments, usage } from './arguments.ts'
import { benchmarkGateways } from './gateway-benchmark.ts'
import { sallyport } from './peers/sallyport.ts'
import { checkLimits, type Report } from './report/report.ts'
import { reportText } from './report/report-text.ts'

/** 0 measured; 1 a limit is not met, where that was asked; 2 wrong use; 3 it could not be done. */
type ExitCode = 0 | 1 | 2 | 3

async function main(argv: readonly string[]): Promise<ExitCode> {
  const reading = readArguments(argv)
  if ('complaint' in reading) {
    process.stderr.write(`${reading.complaint}\n\n${usage}`)
    return 2
  }
  if ('help' in reading) {
    process.stdout.write(usage)
    return 0
  }
  const { isJson, isCheck, settings } = reading
  const say = (line: string): void => void process.stderr.write(`${line}\n`)
  const ending = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM']) {
    // Not once: npm passes on what the process group got already, and the second would end us before the servers.
    process.on(signal, () => ending.abort(new Error(`ended by ${signal}`)))
  }
  let report: Report
  try {
    report = await benchmarkGateways({ ...settings, say, signal: ending.signal })
  } catch (error) {
    const reason: unknown = ending.signal.aborted ? ending.signal.reason : error
    say(reason instanceof Error ? reason.message : String(reason))
    return 3
  }
  process.stdout.write(
    isJson ? `${JSON.stringify(report, undefined, 2)}\n` : reportText(report, sallyport.name),
  )
  return isCheck && !meetsLimits(report) ? 1 : 0
}

function meetsLimits(report: Report): boolean {
  const own = report.gateways.find(({ name }) => name === sallyport.name)
  return own !== undefined && checkLimits(own).every(({ isMet }) => isMet)
}

process.exitCode = await main(process.argv.slice(2))
