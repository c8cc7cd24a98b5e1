import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readConfig, resolvePath } from '@sallyport/config'
import { Problem } from '@sallyport/problem'
import Type from 'typebox'
import type { Operation } from '../command.ts'
import { locateConfig } from '../configuration/locate.ts'
import { type ReloadResult, readReloadResult } from '../serve/reload-result.ts'
import { type ProcessMark, readPidFile } from '../supervise/pid-file.ts'

const waitMs = 30_000

/** Only where the gateway keeps its state: what else is wrong with the file, the gateway says itself. */
const StateSchema = Type.Object({ gateway: Type.Object({ stateDirectory: Type.String() }) })
type State = { gateway: { stateDirectory: string } }

export const reload: Operation = async (input, output) => {
  const { value, directory } = readConfig<State>(locateConfig(input), StateSchema)
  const state = resolvePath(directory, value.gateway.stateDirectory)
  const gateway = runningGateway(state)
  const before = readReloadResult(state)?.mark
  const askedAt = process.hrtime.bigint()
  process.kill(gateway.pid, 'SIGHUP')
  const deadline = performance.now() + waitMs
  while (performance.now() < deadline) {
    const answer = readReloadResult(state)
    // Neither that of the last run of the machine, nor of a reload that was under way already.
    if (answer !== undefined && answer.mark !== before && isAskedSince(answer.result, askedAt)) {
      if (!answer.result.ok) {
        const { code, ...facts } = answer.result.problem
        output.problem(new Problem(code, definedOnly(facts)))
        output.say('The gateway goes on with the configuration it had')
        return 1
      }
      const { restartNeeded } = answer.result
      output.result(
        { ok: true, pid: gateway.pid, restartNeeded },
        'The gateway took the configuration over',
      )
      if (restartNeeded.length > 0) {
        output.say(`All but ${restartNeeded.join(', ')}: start the gateway anew for that`)
      }
      return 0
    }
    await sleep(20)
  }
  throw new Problem('not_running', {
    detail: `Process ${gateway.pid} did not say within ${waitMs / 1_000} s how its reload ended`,
  })
}

function isAskedSince(result: ReloadResult, time: bigint): boolean {
  return result.askedAt === undefined || BigInt(result.askedAt) >= time
}

function runningGateway(state: string): ProcessMark {
  const file = path.join(state, 'gateway.pid')
  const mark = readPidFile(file)
  if (mark !== undefined) return mark
  throw new Problem('not_running', {
    detail: 'No gateway of this configuration runs on this machine',
    expected: `the process that ${file} names`,
    found: 'none',
  })
}

function definedOnly(facts: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const given = Object.entries(facts).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  return Object.fromEntries(given)
}
