import { mkdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { replaceFile, toPem } from '@sallyport/pki'
import { type AppliedChange, type Change, fromBase64url, newId } from '@sallyport/wire'
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
import { endStreams } from './end-streams.ts'
import { caFile, haproxyLists, heardMap, type HaproxyListName, listOf } from './haproxy-lists.ts'
import { HaproxyRuntime } from './haproxy-runtime.ts'

export type HaproxyAgentOptions = {
  /** Where the files lie that HAProxy starts with, as its configuration names them. */
  readonly directory: string
  /** HAProxy's stats socket, of level admin. */
  readonly socket: string
  readonly authority: AuthorityCredentials
  /** Whether development devices are let in. */
  readonly allowDevelopment: boolean
  readonly log: Log
}

/** What a list holds as of a change. All of it is ASCII. */
type ListText = {
  readonly epoch: string
  readonly seq: number
  readonly values: readonly string[]
  readonly text: string
}

const lookMs = 500
const beatMs = 1_000
/** HAProxy is told what refuses. */
const harmless: ReadonlySet<string> = new Set(['active', 'issued'])
/** By whatever account it runs under: no secret is among them. */
const readableByHaproxy = 0o644

/**
 * Keeps a HAProxy in step with the authority's feed: what is revoked, suspended or superseded stands in its
 * lists within moments, in its memory by the runtime API and in the files that it starts with.
 *
 * HAProxy is the one that refuses, also where this agent is gone: the time of the last word is told to
 * it, and its configuration refuses everybody when that is too long ago.
 */
export class HaproxyAgent {
  readonly #options: HaproxyAgentOptions
  readonly #runtime: HaproxyRuntime
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
  readonly #lists: { [name in HaproxyListName]?: ListText } = {}
  /** The last change that HAProxy has. */
  #toldSequence = 0
  #heardAt = 0
  #writtenAt = 0
  /** What is on disk by now, also after a power cut, by the name of the file. */
  readonly #onDisk = new Map<string, string>()
  #said = ''

  constructor(options: HaproxyAgentOptions) {
    this.#options = options
    this.#runtime = new HaproxyRuntime(options.socket)
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
    await mkdir(this.#options.directory, { recursive: true })
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
    const trustChanged = applied.some(({ isTrustChanged }) => isTrustChanged)
    this.#do(async () => {
      // On disk first: a HAProxy that restarts half-way begins with everything.
      await this.#writeFiles()
      const done: AppliedChange[] = []
      for (const [index, { change }] of applied.entries()) {
        if (change === undefined) continue
        const endedStreams = await this.#tell(change)
        const at = changes[index]?.at ?? this.#feed.freshness.now()
        const ended = { http1: endedStreams, http2: 0, webSocket: 0 }
        done.push({
          seq: change.seq,
          appliedAfterMs: Math.round(this.#feed.freshness.now() - at),
          ended,
        })
      }
      if (trustChanged) await this.#tellTrust()
      // One that is out of step is told everything, and these with it.
      if (this.#inStep === undefined) return
      this.#toldSequence = Math.max(this.#toldSequence, changes.at(-1)?.seq ?? 0)
      this.#reports.applied(done)
    })
  }

  // HAProxy restarts and reloads without a word: another process has its files, and not what came after.
  async #look(): Promise<void> {
    if (this.#known.seq < 0) return
    const isBeat = this.#writtenAt + beatMs <= this.#heardAt
    // Also where no HAProxy runs: the next one begins with what the files say.
    if (isBeat) await this.#writeFiles()
    const process = /^Pid: (\d+)/m.exec(await this.#runtime.show('info'))?.[1]
    if (process === undefined) throw new Error('show info: no Pid')
    if (process !== this.#inStep) await this.#tellAll(process)
    else if (isBeat) await this.#beat()
  }

  async #tellAll(process: string): Promise<void> {
    const { seq } = this.#known
    // On disk first: a HAProxy that restarts half-way begins with everything.
    await this.#writeFiles()
    for (const name of Object.keys(haproxyLists) as HaproxyListName[]) {
      await this.#runtime.replaceList(
        this.#fileOf(haproxyLists[name].file),
        this.#list(name).values,
      )
    }
    await this.#tellTrust()
    await this.#beat()
    // Whoever was revoked in the meantime has streams that no single change will end.
    this.#counts.endedStreams += await endStreams(
      this.#runtime,
      new Set(this.#list('device').values),
    )
    this.#inStep = process
    this.#counts.resyncs++
    this.#toldSequence = seq
    this.#reports.send()
    this.#options.log.info({ process, seq: this.#known.seq }, 'HAProxy knows everything')
  }

  /** @returns how many streams it ended */
  async #tell({ kind, key, status }: KnownChange): Promise<number> {
    const name = listOf(kind)
    if (name === undefined || this.#inStep === undefined) return 0
    const { file, valueOf } = haproxyLists[name]
    const value = valueOf(key)
    const list = this.#fileOf(file)
    // A value stands in a list once: one that is there already is taken out first.
    await this.#runtime.remove(list, value)
    if (!harmless.has(status)) await this.#runtime.do(`add acl ${list} ${value}`)
    this.#counts.changes++
    if (name !== 'device' || harmless.has(status)) return 0
    const ended = await endStreams(this.#runtime, new Set([value]))
    this.#counts.endedStreams += ended
    this.#options.log.info({ device: key, status, endedStreams: ended }, 'HAProxy was told')
    return ended
  }

  async #tellTrust(): Promise<void> {
    const file = this.#fileOf(caFile)
    await this.#runtime.do(`set ssl ca-file ${file}`, this.#authorities().trimEnd())
    await this.#runtime.do(`commit ssl ca-file ${file}`)
  }

  async #beat(): Promise<void> {
    const { file, key } = heardMap
    await this.#runtime.do(`set map ${this.#fileOf(file)} ${key} ${this.#heardSeconds()}`)
  }

  /** A change that is not understood counts as the longest silence. */
  #heardSeconds(): number {
    return this.#known.notUnderstood.length > 0 ? 0 : Math.floor(this.#heardAt / 1000)
  }

  // A hundred thousand entries are not worked out anew with each beat. What has expired goes with the next change.
  #list(name: HaproxyListName): ListText {
    const { epoch, seq } = this.#known
    const made = this.#lists[name]
    if (made?.epoch === epoch && made.seq === seq) return made
    void this.#known.packed(Date.now())
    const values = this.#known.refused(name).map((key) => haproxyLists[name].valueOf(key))
    const list = { epoch, seq, values, text: values.map((value) => `${value}\n`).join('') }
    this.#lists[name] = list
    return list
  }

  #authorities(): string {
    return this.#known.issuers
      .filter(({ kind }) => kind === 'device' || this.#options.allowDevelopment)
      .map(({ certificate }) => toPem('CERTIFICATE', Buffer.from(fromBase64url(certificate) ?? [])))
      .join('')
  }

  async #writeFiles(): Promise<void> {
    const lists = {
      [haproxyLists.device.file]: this.#list('device').text,
      [haproxyLists.certificate.file]: this.#list('certificate').text,
      [caFile]: this.#authorities(),
    }
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
    const mode = readableByHaproxy
    for (const [name, text] of Object.entries(lists)) {
      // Looked at each second, so that one that was removed comes back; written where it says something new.
      const file = this.#fileOf(name)
      if (this.#onDisk.get(name) === text && (await sizeOf(file)) === text.length) continue
      await replaceFile(file, text, { mode })
      this.#onDisk.set(name, text)
    }
    for (const [name, text] of Object.entries(ofThisMoment)) {
      await replaceFile(this.#fileOf(name), text, { mode, isDurable: false })
    }
  }

  #fileOf(name: string): string {
    return path.join(this.#options.directory, name)
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

/** Undefined where there is none. */
async function sizeOf(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).size
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
