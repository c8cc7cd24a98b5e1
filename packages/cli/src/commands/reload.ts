import { setTimeout as sleep } from 'node:timers/promises'
import { readConfig, resolvePath } from '@sallyport/config'
import { Problem } from '@sallyport/problem'
import Type from 'typebox'
import type { Operation } from '../command.ts'
import { locateConfig } from '../configuration/locate.ts'
import type { AuthorityPlaces } from '../serve/authority-places.ts'
import { type ReloadPlace, reloadPlaceIn } from '../serve/reload-place.ts'
import { type ReloadOutcome, type ReloadResult, readReloadResult } from '../serve/reload-result.ts'
import { type ProcessMark, readPidFile } from '../supervise/pid-file.ts'
import type { Output } from '../terminal/output.ts'

const waitMs = 30_000

/** Only where each role keeps its state: what else is wrong with the file, each says itself. */
const PlacesSchema = Type.Object({
  store: Type.Optional(Type.Object({ path: Type.Optional(Type.String()) })),
  authority: Type.Optional(
    Type.Object({
      name: Type.String({ default: 'authority' }),
      keys: Type.Object({ directory: Type.String() }),
      signer: Type.Object({ socket: Type.Optional(Type.String()) }, { default: {} }),
      insecureSingleProcess: Type.Boolean({ default: false }),
    }),
  ),
  gateway: Type.Optional(Type.Object({ stateDirectory: Type.String() })),
})
type Places = {
  store?: AuthorityPlaces['store']
  authority?: AuthorityPlaces['authority'] & { insecureSingleProcess: boolean }
  gateway?: { stateDirectory: string }
}

/** A role that the configuration describes, and its process, where it runs on this machine. */
type FoundRole = {
  readonly name: string
  readonly place: ReloadPlace
  readonly running: ProcessMark | undefined
}

export const reload: Operation = async (input, output) => {
  const { value, directory } = readConfig<Places>(locateConfig(input), PlacesSchema)
  const described = await describedRoles(value, directory)
  const found = described.filter(({ running }) => running !== undefined)
  if (found.length === 0) throw noneRuns(described)
  const told: { name: string; pid: number; outcome: ReloadOutcome }[] = []
  for (const { name, place, running } of found) {
    if (running === undefined) continue
    const outcome = await reloadOne(place, running)
    told.push({ name, pid: running.pid, outcome })
    say(output, name, outcome)
  }
  const codes = told.flatMap(({ outcome }) => (outcome.ok ? [] : outcome.problem.code))
  const roles = told.map(({ outcome, ...role }) => ({ ...role, ...outcome }))
  const taken = told.filter(({ outcome }) => outcome.ok).map(({ name }) => name)
  output.result(
    { ok: codes.length === 0, roles },
    `The configuration was taken over by: ${taken.join(', ') || 'none'}`,
  )
  const elsewhere = described.filter(({ running }) => running === undefined)
  if (elsewhere.length > 0) {
    output.say(`Not running here: ${elsewhere.map(({ name }) => name).join(', ')}`)
  }
  if (codes.includes('not_running')) return 3
  return codes.length === 0 ? 0 : 1
}

/** In the order in which they start: the signer signs within what the authority then asks for. */
async function describedRoles(config: Places, directory: string): Promise<FoundRole[]> {
  const { authority, store, gateway } = config
  const places: { name: string; place: ReloadPlace }[] = []
  if (authority !== undefined) {
    // Loaded where there is an authority alone.
    const { authorityPlace, signerPlace } = await import('../serve/authority-places.ts')
    const facts = { authority, ...(store === undefined ? {} : { store }) }
    if (!authority.insecureSingleProcess) {
      places.push({ name: 'signer', place: signerPlace(directory, facts) })
    }
    places.push({ name: 'authority', place: authorityPlace(directory, facts) })
  }
  if (gateway !== undefined) {
    const state = resolvePath(directory, gateway.stateDirectory)
    places.push({ name: 'gateway', place: reloadPlaceIn(state, 'gateway') })
  }
  return places.map((role) => ({ ...role, running: readPidFile(role.place.pidFile) }))
}

/** How it went, as the role says; `not_running` where it ends meanwhile, or does not say in time. */
async function reloadOne(
  { pidFile, resultFile }: ReloadPlace,
  { pid }: ProcessMark,
): Promise<ReloadOutcome> {
  const before = readReloadResult(resultFile)?.mark
  const askedAt = process.hrtime.bigint()
  try {
    process.kill(pid, 'SIGHUP')
  } catch (error) {
    return notRunning(`process ${pid} cannot be told: ${String(error)}`)
  }
  const deadline = performance.now() + waitMs
  while (performance.now() < deadline) {
    const answer = readReloadResult(resultFile)
    // Neither that of the last run of the machine, nor of a reload that was under way already.
    if (answer !== undefined && answer.mark !== before && isAskedSince(answer.result, askedAt)) {
      const { askedAt: _askedAt, ...outcome } = answer.result
      return outcome
    }
    if (readPidFile(pidFile)?.pid !== pid) {
      return notRunning(`process ${pid} ended meanwhile`)
    }
    await sleep(20)
  }
  return notRunning(`process ${pid} did not say within ${waitMs / 1_000} s how its reload ended`)
}

function notRunning(detail: string): ReloadOutcome {
  return { ok: false, problem: { code: 'not_running', detail } }
}

function isAskedSince({ askedAt }: ReloadResult, time: bigint): boolean {
  return BigInt(askedAt) >= time
}

function say(output: Output, name: string, outcome: ReloadOutcome): void {
  if (!outcome.ok) {
    const { code, detail, ...facts } = outcome.problem
    const why = detail === undefined ? name : `${name}: ${detail}`
    output.problem(new Problem(code, { ...definedOnly(facts), detail: why }))
    if (code !== 'not_running') output.say(`The ${name} goes on with the configuration it had`)
  } else if (outcome.restartNeeded.length > 0) {
    output.say(`All but ${outcome.restartNeeded.join(', ')}: start the ${name} anew for that`)
  }
}

function noneRuns(described: readonly FoundRole[]): Problem {
  return new Problem('not_running', {
    detail: 'Nothing of this configuration runs on this machine',
    expected: `a process that one of these names: ${described.map(({ place }) => place.pidFile).join(', ')}`,
    found: 'none',
  })
}

function definedOnly(facts: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const given = Object.entries(facts).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  return Object.fromEntries(given)
}
