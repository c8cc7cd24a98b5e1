import { setTimeout as sleep } from 'node:timers/promises'
import { type AppliedChange, type Change, newId } from '@sallyport/wire'
import type { PackedStatus } from '@sallyport/wire/status'
import { AuthorityClient } from '../control/authority-client.ts'
import { FeedClient } from '../control/feed-client.ts'
import { KnownStatus } from '../control/known-status.ts'
import { ReportSender } from '../control/report-sender.ts'
import { UnconfirmedReports } from '../control/unconfirmed-reports.ts'
import { FeedPins } from '../feed/feed-pins.ts'
import { gatewayVersion } from '../control/version.ts'
import type { AuthorityCredentials } from '../configuration/make-plan.ts'
import type { Log } from '../log/log.ts'
import { statusControl } from '../status/status-control.ts'
import type { KnownChange } from '../worker/messages.ts'
import { agentMetrics } from './agent-metrics.ts'
import { heardMap } from './haproxy-lists.ts'
import { HaproxyMemory } from './haproxy-memory.ts'
import { HaproxyRuntime } from './haproxy-runtime.ts'
import { ListFiles } from './list-files.ts'
import { ListTexts } from './list-texts.ts'

export type HaproxyAgentOptions = {
  /** Of the gateway whose identity it has: so it hears that it was revoked. */
  readonly name: string
  /** Where the files lie that HAProxy starts with, as its configuration names them. */
  readonly directory: string
  /** HAProxy's stats socket, of level admin. */
  readonly socket: string
  readonly authority: AuthorityCredentials
  /** Whether development devices are let in. */
  readonly allowDevelopment: boolean
  readonly log: Log
}

const lookMs = 500
const beatMs = 1_000

/**
 * Keeps a HAProxy in step with the authority's feed: what is revoked, suspended or superseded stands in its
 * lists within moments, in its memory by the runtime API and in the files that it starts with.
 *
 * HAProxy is the one that refuses, also where this agent is gone: the time of the last word is told to
 * it, and its configuration refuses everybody when that is too long ago.
 */
export class HaproxyAgent {
  readonly #options: HaproxyAgentOptions
  readonly #memory: HaproxyMemory
  readonly #client: AuthorityClient
  readonly #feed: FeedClient
  readonly #pins: FeedPins
  readonly #reports: ReportSender
  readonly #known = new KnownStatus(statusControl(), () => Promise.resolve())
  readonly #unconfirmed = new UnconfirmedReports(this.#known)
  readonly #ended = new AbortController()
  readonly #counts = { resyncs: 0, changes: 0, endedStreams: 0, failures: 0 }
  #working: Promise<void> = Promise.resolve()
  /** The process of HAProxy that has everything; undefined where none has. */
  #inStep: string | undefined
  readonly #lists: ListTexts
  readonly #files: ListFiles
  /** The last change that HAProxy has. */
  #toldSequence = 0
  #heardAt = 0
  #writtenAt = 0
  #said = ''

  constructor(options: HaproxyAgentOptions) {
    this.#options = options
    this.#files = new ListFiles(options.directory)
    this.#lists = new ListTexts(this.#known, options)
    this.#memory = new HaproxyMemory(new HaproxyRuntime(options.socket), {
      lists: this.#lists,
      pathOf: (name) => this.#files.pathOf(name),
    })
    this.#client = new AuthorityClient(options.authority)
    this.#pins = new FeedPins(options.directory, options.authority.feedKeys, options.log)
    this.#feed = new FeedClient({
      client: () => this.#client,
      pins: this.#pins,
      log: options.log,
      position: () => {
        const { epoch, seq, mark } = this.#known
        return seq < 0 ? undefined : { epoch, seq, mark }
      },
      onSnapshot: (status) => this.#takeSnapshot(status),
      onChanges: (changes) => this.#takeChanges(changes),
      onTime: () => {},
      onHeard: (secondsAgo) => {
        this.#heardAt = Date.now() - secondsAgo * 1_000
      },
    })
    this.#reports = new ReportSender({
      client: () => this.#client,
      log: options.log,
      instance: newId('gatewayInstance'),
      version: gatewayVersion,
      role: 'haproxy-agent',
      unconfirmed: () => this.#unconfirmed,
      position: () => this.#position(),
    })
  }

  /** How far HAProxy is, which may be less than what is known here; undefined before anything is. */
  #position(): { readonly epoch: string; readonly seq: number } | undefined {
    const { epoch, seq } = this.#known
    return seq < 0 ? undefined : { epoch, seq: Math.min(seq, this.#toldSequence) }
  }

  /** Runs until `close`. */
  async run(): Promise<void> {
    await this.#files.make()
    await this.#pins.load()
    this.#reports.start()
    const following = this.#feed.run()
    while (!this.#ended.signal.aborted) {
      this.#do(() => this.#look())
      await this.#working
      await sleep(lookMs, undefined, { signal: this.#ended.signal }).catch(() => undefined)
    }
    await following
    await this.#working
    await this.#reports.close()
    this.#client.close()
  }

  close(): void {
    this.#ended.abort()
    this.#feed.close()
  }

  #takeSnapshot(status: PackedStatus): void {
    this.#known.replace(status, Date.now())
    this.#known.handOut()
    this.#inStep = undefined
    this.#do(() => this.#look())
  }

  #takeChanges(changes: readonly Change[]): void {
    const applied = changes.flatMap((change) => this.#known.apply(change))
    // Of what was issued before a list was asked for, a snapshot tells.
    if (applied.some(({ isListMissing }) => isListMissing)) this.#feed.requireSnapshot()
    for (const { change } of applied) if (change !== undefined) this.#hearOfItself(change)
    const isOfIssuedAlone = applied.every(({ change }) => change?.status === 'issued')
    const trustChanged = applied.some(({ isTrustChanged }) => isTrustChanged)
    this.#do(async () => {
      // On disk first: a HAProxy that restarts half-way begins with everything. What lets in may be a second late.
      if (!isOfIssuedAlone) await this.#writeFiles()
      const done: AppliedChange[] = []
      for (const [index, { change }] of applied.entries()) {
        if (change === undefined) continue
        const endedStreams = this.#inStep === undefined ? 0 : await this.#tell(change)
        const at = changes[index]?.at ?? this.#feed.freshness.now()
        const ended = { http1: endedStreams, http2: 0, webSocket: 0 }
        done.push({
          seq: change.seq,
          appliedAfterMs: Math.round(this.#feed.freshness.now() - at),
          ended,
        })
      }
      if (trustChanged) await this.#memory.replaceTrust()
      // One that is out of step is told everything, and these with it.
      if (this.#inStep === undefined) return
      this.#toldSequence = Math.max(this.#toldSequence, changes.at(-1)?.seq ?? 0)
      this.#reports.applied(done)
    })
  }

  /** Revoked, it has HAProxy refuse everybody, now and after every start: the word is signed, and on disk. */
  #hearOfItself({ kind, key, status }: KnownChange): void {
    if (kind !== 'gateway' || key !== this.#options.name || status !== 'revoked') return
    this.#known.refuseAll('this gateway was revoked')
    this.#options.log.error(
      { code: 'gateway_revoked' },
      'this gateway was revoked: HAProxy refuses everybody from now on',
    )
    this.#do(async () => {
      await this.#writeFiles()
      await this.#memory.setHeard(this.#heardSeconds())
    })
  }

  // HAProxy restarts and reloads without a word: another process has its files, and not what came after.
  async #look(): Promise<void> {
    if (this.#known.seq < 0) return
    const isBeat = this.#writtenAt + beatMs <= this.#heardAt
    // Also where no HAProxy runs: the next one begins with what the files say.
    if (isBeat) await this.#writeFiles()
    const process = await this.#memory.process()
    if (process !== this.#inStep) await this.#tellAll(process)
    else if (isBeat) await this.#memory.setHeard(this.#heardSeconds())
  }

  async #tellAll(process: string): Promise<void> {
    const { seq } = this.#known
    // On disk first: a HAProxy that restarts half-way begins with everything.
    await this.#writeFiles()
    await this.#memory.replaceAll()
    await this.#memory.setHeard(this.#heardSeconds())
    // Whoever was revoked in the meantime has streams that no single change will end.
    this.#counts.endedStreams += await this.#memory.endStreamsOfRefused()
    this.#inStep = process
    this.#counts.resyncs++
    this.#toldSequence = seq
    this.#reports.send()
    this.#options.log.info({ process, seq: this.#known.seq }, 'HAProxy knows everything')
  }

  /** @returns how many streams it ended */
  async #tell(change: KnownChange): Promise<number> {
    const told = await this.#memory.tell(change)
    if (told.isListed) this.#counts.changes++
    const { endedStreams = 0 } = told
    this.#counts.endedStreams += endedStreams
    if (told.endedStreams !== undefined) {
      const { key: device, status } = change
      this.#options.log.info({ device, status, endedStreams }, 'HAProxy was told')
    }
    return endedStreams
  }

  /** A change that is not understood counts as the longest silence. */
  #heardSeconds(): number {
    // Also that it was revoked is among these.
    return this.#known.notUnderstood.length > 0 ? 0 : Math.floor(this.#heardAt / 1000)
  }

  async #writeFiles(): Promise<void> {
    const ofThisMoment = {
      [heardMap.file]: `${heardMap.key} ${this.#heardSeconds()}\n`,
      'agent.prom': agentMetrics({
        ...this.#counts,
        inStep: this.#inStep !== undefined,
        heardSeconds: this.#heardSeconds(),
        sequence: this.#known.seq,
      }),
    }
    this.#writtenAt = Date.now()
    await this.#files.keep(this.#lists.all())
    await this.#files.note(ofThisMoment)
  }

  // One thing after the other. What HAProxy did not take, it gets whole as soon as it answers again.
  #do(work: () => Promise<void>): void {
    this.#working = this.#working.then(work).then(
      () => {
        this.#said = ''
      },
      (error: unknown) => {
        this.#inStep = undefined
        this.#counts.failures++
        const said = error instanceof Error ? error.message : String(error)
        const level = said === this.#said ? 'debug' : 'warn'
        this.#options.log[level]({ error: said }, 'HAProxy was not told')
        this.#said = said
      },
    )
  }
}
