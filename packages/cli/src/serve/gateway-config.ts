import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { GatewayConfig } from '@sallyport/gateway'
import { Problem, type ReasonCode } from '@sallyport/problem'
import { roleEnvironment } from '../supervise/role-environment.ts'

export type GatewayValue = GatewayConfig['value']

/** What the reading process answers: one JSON text on stdout. */
export type GatewayConfigAnswer =
  | { value: GatewayValue; path: string; directory: string; places: Record<string, string> }
  | {
      problem: {
        code: ReasonCode
        detail: string | undefined
        expected: string | undefined
        found: string | undefined
      }
    }

const readerModule = fileURLToPath(new URL('gateway-config-process.js', import.meta.url))
const timeoutMs = 30_000
const maxAnswerBytes = 64 * 1024 * 1024

/**
 * The gateway's part of a configuration file, read and validated by a process of its own. So what else
 * stands in the file (the path of the store, of the CA's keys, of the passphrase) was never in the memory
 * of the gateway, nor was the parser, nor the validator.
 *
 * @throws Problem `config_unreadable`, `config_invalid`
 */
export async function readGatewayConfig(file: string): Promise<GatewayConfig> {
  const answer = await askReader(file)
  if ('problem' in answer) {
    const { code, ...facts } = answer.problem
    throw new Problem(code, given(facts))
  }
  const { value, path, directory, places } = answer
  return {
    value,
    path,
    directory,
    problem: (pointer, detail, facts = {}) =>
      new Problem('config_invalid', { detail: `${placeOf(places, pointer)}: ${detail}`, ...facts }),
  }
}

async function askReader(file: string): Promise<GatewayConfigAnswer> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [readerModule, file], {
      env: roleEnvironment(process.env),
      maxBuffer: maxAnswerBytes,
      timeout: timeoutMs,
    })
    return JSON.parse(stdout) as GatewayConfigAnswer
  } catch (cause) {
    throw new Problem('start_failed', {
      detail: `the process that reads ${file}: ${cause instanceof Error ? cause.message : String(cause)}`,
      cause,
    })
  }
}

/** The place of a member, or of the nearest one above it that is in the file. */
function placeOf(places: Readonly<Record<string, string>>, pointer: string): string {
  for (let at = pointer; ; at = at.slice(0, at.lastIndexOf('/'))) {
    const place = places[at]
    if (place !== undefined) return place
    if (at === '') return 'sallyport.yaml'
  }
}

function given(facts: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const entries = Object.entries(facts)
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}
