import { parseArgs } from 'node:util'
import type { Benchmark, Count } from './benchmark.ts'

export type Reading =
  | {
      readonly benchmark: Benchmark
      readonly isJson: boolean
      readonly isCheck: boolean
      /** A value for each count of the benchmark. */
      readonly counts: Readonly<Record<string, number>>
    }
  | { readonly help: true }
  | { readonly complaint: string }

const switches = {
  json: { type: 'boolean' },
  check: { type: 'boolean' },
  help: { type: 'boolean' },
} as const

/** Reads the command line; `complaint` says what is wrong with it. */
export function readArguments(argv: readonly string[], benchmarks: readonly Benchmark[]): Reading {
  if (argv.includes('--help')) return { help: true }
  const [name = '', ...rest] = argv
  const benchmark = benchmarks.find((candidate) => candidate.name === name)
  if (benchmark === undefined) {
    const names = benchmarks.map((candidate) => `"${candidate.name}"`).join(' or ')
    return { complaint: `expected the benchmark ${names} first, found "${name}"` }
  }
  const texts = Object.fromEntries(
    Object.keys(benchmark.counts).map((option) => [option, { type: 'string' }] as const),
  )
  try {
    const { values } = parseArgs({ args: rest, options: { ...texts, ...switches } })
    const counts = Object.entries(benchmark.counts).map(([option, count]) => {
      const given = (values as Readonly<Record<string, unknown>>)[option]
      return [option, typeof given === 'string' ? readCount(option, count, given) : count.default]
    })
    return {
      benchmark,
      isJson: values.json === true,
      isCheck: values.check === true,
      counts: Object.fromEntries(counts),
    }
  } catch (error) {
    return { complaint: (error as Error).message }
  }
}

function readCount(option: string, { maximum }: Count, given: string): number {
  const value = Number(given)
  if (Number.isInteger(value) && value >= 1 && value <= maximum) return value
  throw new RangeError(
    `--${option}: expected a whole number from 1 to ${maximum}, found "${given}"`,
  )
}

/** What `--help` prints. */
export function usage(benchmarks: readonly Benchmark[]): string {
  const blocks = benchmarks.map(({ name, summary, counts }) => {
    const options = Object.entries(counts).map(([option, count]) =>
      optionLine(`--${option} N`, `${count.summary} (default ${count.default})`),
    )
    return [`${name}: ${summary}.`, ...options].join('\n')
  })
  return [
    'Usage: npm run bench -- <benchmark> [options]',
    ...blocks,
    [
      'With each of them:',
      optionLine('--json', 'the report as JSON, with the measurements of every round'),
      optionLine('--check', 'exit with 1 where Sallyport is above a limit'),
      optionLine('--help', 'this text'),
    ].join('\n'),
    'Example:\n  npm run bench -- gateway --rounds 3 --requests 5000\n',
  ].join('\n\n')
}

function optionLine(option: string, summary: string): string {
  return `  ${option.padEnd(18)} ${summary}`
}
