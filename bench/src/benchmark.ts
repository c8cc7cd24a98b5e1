/** What a benchmark needs besides its settings. */
export type BenchmarkRun = {
  /** Progress, a line at a time. */
  readonly say: (line: string) => void
  /** Ends the benchmark at the next step, everything it started stopped. */
  readonly signal: AbortSignal
}

/** What a benchmark found. */
export type Outcome = {
  /** With the measurements of every round; JSON-safe. */
  readonly report: unknown
  /** The same for a person. */
  readonly text: string
  readonly meetsLimits: boolean
}

/** A count that the command line can set: its default, and the most that makes sense. */
export type Count = {
  readonly summary: string
  readonly default: number
  readonly maximum: number
}

/** One benchmark: a row of the table in benchmarks.ts. */
export type Benchmark = {
  readonly name: string
  readonly summary: string
  /** Options, by their name. */
  readonly counts: Readonly<Record<string, Count>>
  /** Loads what the benchmark is made of, and runs it with a value for each of its counts. */
  run(counts: Readonly<Record<string, number>>, run: BenchmarkRun): Promise<Outcome>
}
