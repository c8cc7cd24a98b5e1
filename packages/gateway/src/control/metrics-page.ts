import type { WorkerMetrics } from '../metrics/worker-metrics.ts'
import { gatewayMetrics } from './gateway-metrics.ts'
import type { GatewayFacts, Labels } from './metric.ts'

/** The page that Prometheus reads (text format 0.0.4). Workers are added up. */
export function metricsPage(workers: readonly WorkerMetrics[], facts: GatewayFacts): string {
  let page = ''
  for (const { name, type, help, samples } of gatewayMetrics) {
    page += `# HELP ${name} ${help}.\n# TYPE ${name} ${type}\n`
    const sums = new Map<string, number>()
    for (const { labels, value, suffix = '' } of samples(workers, facts)) {
      const key = `${name}${suffix}${labelText(labels)}`
      sums.set(key, (sums.get(key) ?? 0) + value)
    }
    for (const [key, value] of sums) page += `${key} ${value}\n`
  }
  return page
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replace(/[\\"\n]/g, escapeLabel)}"`,
  )
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function escapeLabel(character: string): string {
  return character === '\n' ? '\\n' : `\\${character}`
}
