import { isProblem } from '@sallyport/problem'

/** Labels of one sample. Only closed sets go in: nothing from outside names a series. */
export type Labels = Readonly<Record<string, string>>

export type Sample = { labels?: Labels; value: number }
export type MetricKind = 'counter' | 'gauge' | 'histogram'

/** Upper bounds in seconds. */
const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const
type Durations = { labels: Labels; counts: number[]; sum: number }
type Histogram = { help: string; samples: Map<string, Durations> }

/** What is read when the metrics are asked for. */
export type Collector = {
  name: string
  help: string
  kind: MetricKind
  collect: () => readonly Sample[] | Promise<readonly Sample[]>
}

type Counter = { help: string; samples: Map<string, { labels: Labels; value: number }> }

/** The metrics of the authority, in Prometheus text format 0.0.4. */
export class Metrics {
  readonly #counters = new Map<string, Counter>()
  readonly #histograms = new Map<string, Histogram>()
  readonly #collectors: Collector[] = []

  /** Adds to a counter. */
  count(name: string, help: string, labels: Labels, by = 1): void {
    const counter = this.#counters.get(name) ?? { help, samples: new Map() }
    this.#counters.set(name, counter)
    const key = labelText(labels)
    const sample = counter.samples.get(key) ?? { labels, value: 0 }
    sample.value += by
    counter.samples.set(key, sample)
  }

  /** Adds a duration to a histogram. */
  observe(name: string, help: string, seconds: number, labels: Labels = {}): void {
    const histogram = this.#histograms.get(name) ?? { help, samples: new Map() }
    this.#histograms.set(name, histogram)
    const key = labelText(labels)
    const counts = [...bounds, Number.POSITIVE_INFINITY].map(() => 0)
    const sample = histogram.samples.get(key) ?? { labels, counts, sum: 0 }
    histogram.samples.set(key, sample)
    const found = bounds.findIndex((bound) => seconds <= bound)
    const index = found < 0 ? bounds.length : found
    sample.counts[index] = (sample.counts[index] ?? 0) + 1
    sample.sum += seconds
  }

  /** A certificate that was answered. `again`: one that was issued before. */
  issued(appId: string, kind: 'enrollment' | 'renewal' | 'again'): void {
    const help = 'Certificates answered, by app and by what they were answered to'
    this.count('sallyport_authority_issued_total', help, { app: appId, kind })
  }

  collect(collector: Collector): void {
    this.#collectors.push(collector)
  }

  async text(): Promise<string> {
    const parts: string[] = []
    for (const [name, { help, samples }] of this.#counters) {
      parts.push(metricText(name, help, 'counter', [...samples.values()]))
    }
    for (const [name, histogram] of this.#histograms) parts.push(histogramText(name, histogram))
    const collected = await Promise.all(this.#collectors.map(samplesOf))
    for (const [index, { name, help, kind }] of this.#collectors.entries()) {
      parts.push(metricText(name, help, kind, collected[index] ?? []))
    }
    const missing = collected.filter((samples) => samples === undefined).length
    parts.push(metricText(missingName, missingHelp, 'gauge', [{ value: missing }]))
    return parts.join('')
  }
}

const missingName = 'sallyport_authority_metrics_missing'
const missingHelp = 'Metrics that could not be read now: most are asked of the store'

/** Undefined where it cannot be read: while the store is away, the others are what one looks at. */
async function samplesOf({ collect }: Collector): Promise<readonly Sample[] | undefined> {
  try {
    return await collect()
  } catch (error) {
    if (isProblem(error)) return undefined
    throw error
  }
}

function metricText(
  name: string,
  help: string,
  kind: MetricKind,
  samples: readonly Sample[],
): string {
  const lines = samples.map(({ labels = {}, value }) => `${name}${labelText(labels)} ${value}\n`)
  return `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n${lines.join('')}`
}

function histogramText(name: string, { help, samples }: Histogram): string {
  const head = `# HELP ${name} ${help}\n# TYPE ${name} histogram\n`
  return head + [...samples.values()].map((sample) => durationsText(name, sample)).join('')
}

function durationsText(name: string, { labels, counts, sum }: Durations): string {
  let total = 0
  const lines = counts.map((count, index) => {
    total += count
    return `${name}_bucket${labelText({ ...labels, le: String(bounds[index] ?? '+Inf') })} ${total}\n`
  })
  const text = labelText(labels)
  return `${lines.join('')}${name}_sum${text} ${sum}\n${name}_count${text} ${total}\n`
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escape(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function escape(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
