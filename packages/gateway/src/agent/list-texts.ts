import { toPem } from '@sallyport/pki'
import { fromBase64url } from '@sallyport/wire'
import type { KnownStatus } from '../control/known-status.ts'
import {
  caFile,
  type HaproxyListName,
  haproxyLists,
  issuedLists,
  unlistedNames,
} from './haproxy-lists.ts'

/** The lists that are told to HAProxy and lie on disk. */
export type Listed = HaproxyListName | keyof typeof issuedLists

/** What a list holds as of a change. All of it is ASCII. */
type ListText = {
  readonly epoch: string
  readonly seq: number
  readonly values: readonly string[]
  readonly text: string
}

/** Lists of what is known. A hundred thousand entries are not worked out anew as long as nothing changes. */
export class ListTexts {
  readonly #known: KnownStatus
  readonly #allowDevelopment: boolean
  readonly #made: { [name in Listed]?: ListText } = {}

  /** @param allowDevelopment whether development devices are let in */
  constructor(known: KnownStatus, { allowDevelopment }: { allowDevelopment: boolean }) {
    this.#known = known
    this.#allowDevelopment = allowDevelopment
  }

  /** Whether an app has its certificates known one by one. */
  get needIssued(): boolean {
    return this.#known.issuers.some(({ status }) => status === 'issued')
  }

  /** The CAs whose devices are let in, PEM. */
  authorities(): string {
    return this.#known.issuers
      .filter(({ kind }) => kind === 'device' || this.#allowDevelopment)
      .map(({ certificate }) => toPem('CERTIFICATE', Buffer.from(fromBase64url(certificate) ?? [])))
      .join('')
  }

  /** What has expired goes with the next change. */
  of(name: Listed): Pick<ListText, 'values' | 'text'> {
    const { epoch, seq } = this.#known
    const made = this.#made[name]
    if (made?.epoch === epoch && made.seq === seq) return made
    void this.#known.packed(Date.now())
    const values = this.#valuesOf(name)
    const list = { epoch, seq, values, text: values.map((value) => `${value}\n`).join('') }
    this.#made[name] = list
    return list
  }

  /** By the names of their files. */
  all(): Record<string, string> {
    return {
      [haproxyLists.device.file]: this.of('device').text,
      [haproxyLists.certificate.file]: this.of('certificate').text,
      [issuedLists.issued.file]: this.of('issued').text,
      [issuedLists.unlisted.file]: this.of('unlisted').text,
      [caFile]: this.authorities(),
    }
  }

  #valuesOf(name: Listed): readonly string[] {
    const { valueOf } = haproxyLists.certificate
    if (name === 'unlisted') return unlistedNames(this.#known.issuers)
    if (name === 'issued') return this.#known.issued().map(valueOf)
    return this.#known.refused(name).map(haproxyLists[name].valueOf)
  }
}
