import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { BenchmarkRun } from './benchmark.ts'
import { LoadClient } from './load/load-client.ts'
import { checkPeer } from './measure/check-peer.ts'
import { measureTrial, type TrialOutcome } from './measure/measure-trial.ts'
import { residentMegabytes } from './measure/resident-memory.ts'
import { type Trial, type TrialSettings, trials } from './measure/trials.ts'
import type { Peer, RunningPeer } from './peers/peer.ts'
import { basePeer, peers } from './peers/peers.ts'
import { freePort } from './process/free-port.ts'
import { type FigureName, figureNames } from './report/figures.ts'
import { machineFacts } from './report/machine.ts'
import { compare, type Report } from './report/report.ts'
import { prepareSite } from './site/prepare-site.ts'
import type { Site } from './site/site.ts'
import { startUpstream } from './upstream/upstream.ts'

/** How long a started gateway is left alone before it counts as idle. */
const idleMs = 3_000

export type GatewayBenchmarkOptions = TrialSettings & BenchmarkRun & { readonly rounds: number }

type Contender = {
  readonly peer: Peer
  readonly version: string
  readonly running: RunningPeer
  readonly samples: Record<FigureName, number[]>
}

/**
 * Measures every gateway that is installed here, side by side, and compares them.
 *
 * All run at the same time on one core, and are loaded in turn, each for a short while a round, so that
 * whatever else the machine does meets all of them alike.
 */
export async function benchmarkGateways(options: GatewayBenchmarkOptions): Promise<Report> {
  const { say, signal } = options
  await using cleanUp = new AsyncDisposableStack()
  const directory = mkdtempSync(path.join(os.tmpdir(), 'sallyport-bench-'))
  cleanUp.defer(() => rmSync(directory, { recursive: true, force: true }))

  say('laying out a deployment and enrolling a device')
  const upstreamPort = await freePort()
  const site = await prepareSite(directory, upstreamPort)
  const upstream = await startUpstream(directory, upstreamPort)
  cleanUp.defer(() => upstream.stop())

  const found = peers.map((peer) => ({ peer, version: peer.version() }))
  const contenders: Contender[] = []
  for (const { peer, version } of found) {
    if (version === undefined) continue
    signal.throwIfAborted()
    say(`starting ${peer.name} ${version}`)
    const running = await start(peer, site)
    cleanUp.defer(() => running.stop())
    await checkPeer(peer, running, site)
    contenders.push({ peer, version, running, samples: noSamples() })
  }
  await delay(idleMs, undefined, { signal })
  for (const { running, samples } of contenders) {
    samples.idleMemory.push(sumOf(running.processIds, residentMegabytes))
  }

  const client = new LoadClient()
  cleanUp.defer(() => client.stop())
  await runTrials(contenders, site, client, options)
  for (const { running, samples } of contenders) {
    samples.busyMemory.push(sumOf(running.processIds, residentMegabytes))
  }
  return {
    machine: machineFacts(),
    settings: settingFacts(options),
    base: basePeer.name,
    gateways: compare(
      contenders.map(({ peer, version, samples }) => ({ name: peer.name, version, samples })),
      basePeer.name,
    ),
    missing: found
      .filter(({ version }) => version === undefined)
      .map(({ peer: { name, install } }) => ({ name, install })),
  }
}

async function start(peer: Peer, site: Site): Promise<RunningPeer> {
  const directory = path.join(site.directory, (peer.name.match(/\w+/g) ?? []).join('-'))
  mkdirSync(directory)
  return await peer.start(site, directory)
}

async function runTrials(
  contenders: readonly Contender[],
  site: Site,
  client: LoadClient,
  options: GatewayBenchmarkOptions,
): Promise<void> {
  const measure = async (
    { peer, running }: Contender,
    trial: Trial,
    count: number,
  ): Promise<TrialOutcome> => {
    options.signal.throwIfAborted()
    try {
      return await measureTrial(client, { port: running.port, site }, running.processIds, {
        load: trial.load,
        count,
        concurrency: trial.concurrency(options),
      })
    } catch (cause) {
      options.signal.throwIfAborted()
      throw new Error(`${peer.name}, ${trial.load}: ${(cause as Error).message}`, { cause })
    }
  }
  options.say('warming up')
  for (const trial of trials) {
    for (const contender of contenders) {
      await measure(contender, trial, trial.warmUp)
    }
  }
  for (let round = 1; round <= options.rounds; round++) {
    options.say(`round ${round} of ${options.rounds}`)
    for (const trial of trials) {
      for (const contender of contenders) {
        const { samples } = contender
        const outcome = await measure(contender, trial, trial.count(options))
        samples[trial.cpu].push(outcome.cpuMicroseconds)
        if (trial.p99 !== undefined) samples[trial.p99].push(outcome.p99Ms)
      }
    }
  }
}

function sumOf(processIds: readonly number[], measure: (root: number) => number): number {
  return processIds.reduce((sum, id) => sum + measure(id), 0)
}

function noSamples(): Record<FigureName, number[]> {
  return Object.fromEntries(figureNames.map((name) => [name, []])) as unknown as Record<
    FigureName,
    number[]
  >
}

function settingFacts(options: GatewayBenchmarkOptions): Report['settings'] {
  const { rounds, requests, handshakes, concurrency, handshakeConcurrency } = options
  return { rounds, requests, handshakes, concurrency, handshakeConcurrency }
}
