import { parseArgs } from 'node:util'
import type { TrialSettings } from './measure/trials.ts'

export const usage = `Usage: npm run bench -- gateway [options]

Measures Sallyport's gateway beside nginx, HAProxy, Caddy and @fastify/http-proxy, whichever is
installed, and prints a table with ratios to nginx.

Options:
  --rounds N       rounds, each loading every gateway in turn (default 7)
  --requests N     requests of a round, for HTTP/1.1 and HTTP/2 each (default 10000)
  --handshakes N   handshakes of a round (default 300)
  --json           the report as JSON, with the measurements of every round
  --check          exit with 1 where Sallyport is above a limit
  --help           this text

Example:
  npm run bench -- gateway --rounds 3 --requests 5000
`

type Settings = TrialSettings & { readonly rounds: number }

export type Reading =
  | { readonly isJson: boolean; readonly isCheck: boolean; readonly settings: Settings }
  | { readonly help: true }
  | { readonly complaint: string }

const counts = {
  rounds: { default: 7, maximum: 1_000 },
  requests: { default: 10_000, maximum: 1_000_000 },
  handshakes: { default: 300, maximum: 100_000 },
} as const

/** Reads the command line; `complaint` says what is wrong with it. */
export function readArguments(argv: readonly string[]): Reading {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        rounds: { type: 'string' },
        requests: { type: 'string' },
        handshakes: { type: 'string' },
        json: { type: 'boolean', default: false },
        check: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
    if (values.help) return { help: true }
    if (positionals.length !== 1 || positionals[0] !== 'gateway') {
      return { complaint: `expected the benchmark "gateway", found "${positionals.join(' ')}"` }
    }
    return {
      isJson: values.json,
      isCheck: values.check,
      settings: {
        rounds: count('rounds', values.rounds),
        requests: count('requests', values.requests),
        handshakes: count('handshakes', values.handshakes),
        concurrency: 32,
        handshakeConcurrency: 8,
      },
    }
  } catch (error) {
    return { complaint: (error as Error).message }
  }
}

function count(name: keyof typeof counts, text: string | undefined): number {
  const { default: usual, maximum } = counts[name]
  if (text === undefined) return usual
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > maximum) {
    throw new RangeError(`--${name}: expected a whole number from 1 to ${maximum}, found "${text}"`)
  }
  return value
}
