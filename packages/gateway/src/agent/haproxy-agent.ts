import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { replaceFile, toPem } from '@sallyport/pki'
import { type Change, fromBase64url, type Snapshot } from '@sallyport/wire'
import { AuthorityClient } from '../control/authority-client.ts'
import { FeedClient } from '../control/feed-client.ts'
import { KnownStatus } from '../control/known-status.ts'
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

const lookMs = 500
const beatMs = 1_000
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
  readonly #known = new KnownStatus(statusControl(), () => Promise.resolve())
  readonly #ended = new AbortController()
  readonly #counts = { resyncs: 0, changes: 0, endedStreams: 0, failures: 0 }
  #working: Promise<void> = Promise.resolve()
  /** The process of HAProxy that has everything; undefined where none has. */
  #inStep: string | undefined
  #heardAt = 0
  #writtenAt = 0
  /** What is on disk by now, also after a power cut, by the name of the file. */
  readonly #onDisk = new Map<string, string>()
  #said = ''

  constructor(options: HaproxyAgentOptions) {
    this.#options = options
    this.#runtime = new HaproxyRuntime(options.socket)
    this.#client = new AuthorityClient(options.authority)
    this.#feed = new FeedClient({
      client: () => this.#client,
      log: options.log,
      position: () =>
        this.#known.seq < 0 ? undefined : { epoch: this.#known.epoch, seq: this.#known.seq },
      onSnapshot: (snapshot) => this.#takeSnapshot(snapshot),
      onChanges: (changes) => this.#takeChanges(changes),
      onTime: () => {},
      onHeard: () => {
        this.#heardAt = Date.now()
      },
    })
  }

  /** Runs until `close`. */
  async run(): Promise<void> {
    await mkdir(this.#options.directory, { recursive: true })
    const following = this.#feed.run()
    while (!this.#ended.signal.aborted) {
      this.#do(() => this.#look())
      await this.#working
      await sleep(lookMs, undefined, { signal: this.#ended.signal }).catch(() => undefined)
    }
    await following
    await this.#working
  }

  close(): void {
    this.#ended.abort()
    this.#feed.close()
    this.#client.close()
  }

  #takeSnapshot(snapshot: Snapshot): void {
    this.#known.replace(snapshot)
    this.#inStep = undefined
    this.#do(() => this.#look())
  }

  #takeChanges(changes: readonly Change[]): void {
    const applied = changes.flatMap((change) => this.#known.apply(change))
    const trustChanged = applied.some(({ isTrustChanged }) => isTrustChanged)
    this.#do(async () => {
      // On disk first: a HAProxy that restarts half-way begins with everything.
      await this.#writeFiles()
      for (const { change } of applied) if (change !== undefined) await this.#tell(change)
      if (trustChanged) await this.#tellTrust()
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
    // On disk first: a HAProxy that restarts half-way begins with everything.
    await this.#writeFiles()
    for (const name of Object.keys(haproxyLists) as HaproxyListName[]) {
      await this.#runtime.replaceList(this.#fileOf(haproxyLists[name].file), this.#values(name))
    }
    await this.#tellTrust()
    await this.#beat()
    // Whoever was revoked in the meantime has streams that no single change will end.
    this.#counts.endedStreams += await endStreams(this.#runtime, new Set(this.#values('device')))
    this.#inStep = process
    this.#counts.resyncs++
    this.#options.log.info({ process, seq: this.#known.seq }, 'HAProxy knows everything')
  }

  async #tell({ kind, key, status }: KnownChange): Promise<void> {
    const name = listOf(kind)
    if (name === undefined || this.#inStep === undefined) return
    const { file, valueOf } = haproxyLists[name]
    const value = valueOf(key)
    const list = this.#fileOf(file)
    // A value stands in a list once: one that is there already is taken out first.
    await this.#runtime.remove(list, value)
    if (status !== 'active') await this.#runtime.do(`add acl ${list} ${value}`)
    this.#counts.changes++
    if (name === 'device' && status !== 'active') {
      const ended = await endStreams(this.#runtime, new Set([value]))
      this.#counts.endedStreams += ended
      this.#options.log.info({ device: key, status, endedStreams: ended }, 'HAProxy was told')
    }
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

  #values(name: HaproxyListName): string[] {
    const snapshot = this.#known.snapshot(Date.now())
    const entries = name === 'device' ? snapshot.devices : snapshot.certificates
    return entries.map(({ key }) => haproxyLists[name].valueOf(key))
  }

  #authorities(): string {
    return this.#known.issuers
      .filter(({ kind }) => kind === 'device' || this.#options.allowDevelopment)
      .map(({ certificate }) => toPem('CERTIFICATE', Buffer.from(fromBase64url(certificate) ?? [])))
      .join('')
  }

  async #writeFiles(): Promise<void> {
    const lists = {
      [haproxyLists.device.file]: lines(this.#values('device')),
      [haproxyLists.certificate.file]: lines(this.#values('certificate')),
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
      // Each second, so that one that was removed comes back; down to the disk where it says something new.
      const isDurable = this.#onDisk.get(name) !== text
      await replaceFile(this.#fileOf(name), text, { mode, isDurable })
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

function lines(values: readonly string[]): string {
  return values.map((value) => `${value}\n`).join('')
}
