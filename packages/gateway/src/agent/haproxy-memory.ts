import type { KnownChange } from '../worker/messages.ts'
import { endStreams } from './end-streams.ts'
import {
  caFile,
  type HaproxyListName,
  haproxyLists,
  heardMap,
  issuedLists,
  listOf,
} from './haproxy-lists.ts'
import type { HaproxyRuntime } from './haproxy-runtime.ts'
import type { ListTexts } from './list-texts.ts'

/** HAProxy is told what refuses. */
const harmless: ReadonlySet<string> = new Set(['active', 'issued'])

/** What came of telling a change. */
export type ToldChange = {
  /** Whether a list has it at all. */
  readonly isListed: boolean
  /** Streams of a device that counts no more; undefined where that is not what changed. */
  readonly endedStreams?: number
}

type MemoryOptions = {
  readonly lists: ListTexts
  /** The names of lists in HAProxy's memory are those of their files. */
  readonly pathOf: (name: string) => string
}

/** The lists in the memory of a running HAProxy. Each method throws Error where HAProxy is away, silent or says no. */
export class HaproxyMemory {
  readonly #runtime: HaproxyRuntime
  readonly #lists: ListTexts
  readonly #pathOf: MemoryOptions['pathOf']
  /** Whether its configuration looks at the lists of what was issued: those of before do not. */
  #looksAtIssued = false

  constructor(runtime: HaproxyRuntime, { lists, pathOf }: MemoryOptions) {
    this.#runtime = runtime
    this.#lists = lists
    this.#pathOf = pathOf
  }

  /** The id of the process whose memory it is. */
  async process(): Promise<string> {
    const process = /^Pid: (\d+)/m.exec(await this.#runtime.show('info'))?.[1]
    if (process === undefined) throw new Error('show info: no Pid')
    return process
  }

  /** Has it know all that is known, and nothing else. */
  async replaceAll(): Promise<void> {
    for (const name of Object.keys(haproxyLists) as HaproxyListName[]) {
      await this.#replace(haproxyLists[name].file, name)
    }
    await this.#replaceIssued()
    await this.replaceTrust()
  }

  /** @throws Error where an app needs lists that HAProxy's configuration does not look at */
  async #replaceIssued(): Promise<void> {
    const known = await this.#runtime.show('acl')
    this.#looksAtIssued = known.includes(`(${this.#pathOf(issuedLists.issued.file)})`)
    if (this.#looksAtIssued) {
      for (const name of Object.keys(issuedLists) as (keyof typeof issuedLists)[]) {
        await this.#replace(issuedLists[name].file, name)
      }
      return
    }
    if (!this.#lists.needIssued) return
    throw new Error(
      'an app has certificate.status: issued, and the configuration of HAProxy does not look at issued.acl: make it anew with `sallyport integrate haproxy-agent`',
    )
  }

  async #replace(file: string, name: Parameters<ListTexts['of']>[0]): Promise<void> {
    await this.#runtime.replaceList(this.#pathOf(file), this.#lists.of(name).values)
  }

  /** Which CAs are believed, after a change of it. */
  async replaceTrust(): Promise<void> {
    // Which certificates must be listed first, and then who is believed.
    if (this.#looksAtIssued) await this.#replace(issuedLists.unlisted.file, 'unlisted')
    const file = this.#pathOf(caFile)
    await this.#runtime.do(`set ssl ca-file ${file}`, this.#lists.authorities().trimEnd())
    await this.#runtime.do(`commit ssl ca-file ${file}`)
  }

  /** Puts a change into its list, and ends what a device that counts no more has open. */
  async tell({ kind, key, status }: KnownChange): Promise<ToldChange> {
    const name = listOf(kind)
    if (name === undefined) return { isListed: false }
    const { file, valueOf } = haproxyLists[name]
    const value = valueOf(key)
    const list = this.#pathOf(file)
    if (status === 'issued' && this.#looksAtIssued) {
      const issued = this.#pathOf(issuedLists.issued.file)
      await this.#runtime.remove(issued, value)
      await this.#runtime.do(`add acl ${issued} ${value}`)
    }
    // A value stands in a list once: one that is there already is taken out first.
    await this.#runtime.remove(list, value)
    if (!harmless.has(status)) await this.#runtime.do(`add acl ${list} ${value}`)
    if (name !== 'device' || harmless.has(status)) return { isListed: true }
    return { isListed: true, endedStreams: await endStreams(this.#runtime, new Set([value])) }
  }

  /** Ends what devices that do not count have open. @returns how many streams */
  endStreamsOfRefused(): Promise<number> {
    return endStreams(this.#runtime, new Set(this.#lists.of('device').values))
  }

  /** When the authority was last heard, in seconds since 1970; 0 refuses everybody. */
  async setHeard(seconds: number): Promise<void> {
    const { file, key } = heardMap
    await this.#runtime.do(`set map ${this.#pathOf(file)} ${key} ${seconds}`)
  }
}
