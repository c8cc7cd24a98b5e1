import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import https from 'node:https'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { BenchmarkRun } from '../../benchmark.ts'
import { cpuMicroseconds } from '../../measure/cpu-time.ts'
import { residentMegabytes } from '../../measure/resident-memory.ts'
import { findProgram } from '../../process/find-program.ts'
import type { ServerProcess } from '../../process/server-process.ts'
import { machineFacts } from '../../report/machine.ts'
import { inParallel } from '../ask.ts'
import { apps, type AuthoritySite, layOutAuthority } from '../authority-site.ts'
import { enroll } from '../phones.ts'
import { bogusKinds } from './bogus-kinds.ts'
import { type BogusKind, bytesOfRequest } from './bogus-request.ts'
import { type FloodReport, type FloodTrial, reportedFlood } from './flood-report.ts'
import { type Renewals, renewSteadily } from './steady-renewals.ts'

export type FloodCounts = {
  /** A flood is over in seconds: of one alone the p99 would be the slowest renewal but one. */
  readonly rounds: number
  /** Bogus requests of a kind in a round. */
  readonly times: number
  /** Of them at once. */
  readonly atOnce: number
  /** Seconds of quiet in a round, which floods are held against. */
  readonly quiet: number
}

const run = promisify(execFile)
const floodProcess = fileURLToPath(new URL('./flood-process.js', import.meta.url))
const protocols = '{ acme: { externalAccount: required }, est: {}, scep: {} }'
const addresses = 2_000
const renewalsPerSecond = 20
const phonesAtOnce = 40
/** What was begun in one trial is over in the next. */
const settleMs = 1_500

/** How long renewals take while strangers burden an authority, beside how long they take when nobody does. */
export async function benchmarkFlood({
  rounds,
  times,
  atOnce,
  quiet,
  say,
  signal,
}: BenchmarkRun & FloodCounts): Promise<FloodReport> {
  const site = await layOutAuthority(protocols)
  let server: ServerProcess | undefined
  try {
    server = await site.start()
    const agent = new https.Agent({ ca: site.caPem, keepAlive: true })
    const known = await enroll(site, agent, apps.published)
    const phones = await inParallel(phonesAtOnce, 8, () => enroll(site, agent, apps.feed))
    agent.destroy()
    const renewing = async (work: () => Promise<void>): Promise<Renewals> => {
      const steady = renewSteadily(site, { phones, perSecond: renewalsPerSecond, addressOf })
      try {
        await work()
      } finally {
        await steady.end()
      }
      return steady.end()
    }
    say('warming up')
    await renewing(() => delay(3_000))
    const quietly: Renewals[] = []
    const trials: FloodTrial[] = []
    const { id } = server
    const oneTrial = async (kind: BogusKind): Promise<FloodTrial> => {
      await delay(settleMs)
      const before = cpuMicroseconds(id)
      const memory = watchMemory(id)
      let offered: Offered | undefined
      const renewals = await renewing(async () => {
        offered = await offer(site, kind, { times, atOnce, signal })
      }).finally(() => memory.end())
      if (offered === undefined) throw new TypeError('nothing was offered')
      const { name, about } = kind
      const microseconds = (cpuMicroseconds(id) - before) / times
      const { beforeMegabytes, mostMegabytes } = memory
      say(`${name}: ${JSON.stringify(offered.outcomes)} in ${offered.seconds.toFixed(1)} s`)
      return { name, about, ...offered, renewals, microseconds, beforeMegabytes, mostMegabytes }
    }
    for (let round = 1; round <= rounds; round++) {
      say(`round ${round} of ${rounds}`)
      await delay(settleMs)
      quietly.push(await renewing(() => delay(quiet * 1_000)))
      for (const kind of await bogusKinds(site, known)) {
        signal.throwIfAborted()
        trials.push(await oneTrial(kind))
      }
    }
    return reportedFlood({
      machine: machineFacts(),
      settings: { rounds, times, atOnce, quiet, renewalsPerSecond, addresses },
      quietly,
      trials,
    })
  } finally {
    await server?.stop()
    site.remove()
  }
}

/** Half of them come from where phones were seen before, half from where nobody was. */
let fresh = 0
function addressOf(index: number): string {
  if (index % 2 === 0) return '127.2.0.1'
  fresh++
  return `127.3.${Math.floor(fresh / 250) % 250}.${(fresh % 250) + 1}`
}

type Offered = { readonly seconds: number; readonly outcomes: Readonly<Record<string, number>> }

async function offer(
  site: AuthoritySite,
  { name, request }: BogusKind,
  { times, atOnce, signal }: Pick<FloodCounts, 'times' | 'atOnce'> & { signal: AbortSignal },
): Promise<Offered> {
  const file = path.join(site.directory, `${name.replace(/\W+/g, '-')}.request`)
  writeFileSync(file, bytesOfRequest(request))
  const counts = [times, atOnce, addresses].map(String)
  const script = [process.execPath, floodProcess, file, request.origin, ...counts] as const
  const [program, ...args] = whenIdle(script)
  const { stdout } = await run(program, args, { signal })
  return JSON.parse(stdout) as Offered
}

/** A machine of its own would not take the authority's processors from it. */
function whenIdle(command: readonly [string, ...string[]]): readonly [string, ...string[]] {
  const chrt = findProgram('chrt')
  return chrt === undefined ? command : [chrt, '--idle', '0', ...command]
}

function watchMemory(id: number): { beforeMegabytes: number; mostMegabytes: number; end(): void } {
  const beforeMegabytes = residentMegabytes(id)
  const watched = {
    beforeMegabytes,
    mostMegabytes: beforeMegabytes,
    end: () => clearInterval(timer),
  }
  const timer = setInterval(() => {
    watched.mostMegabytes = Math.max(watched.mostMegabytes, residentMegabytes(id))
  }, 100)
  return watched
}
