import { closeSync, fdatasync, fstatSync, openSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { syncDirectory } from '@sallyport/pki'
import { isProblem, Problem } from '@sallyport/problem'
import type { Logger } from 'pino'
import { cutFile } from './cut-file.ts'
import { dayOf, fileNameOf } from './journal-file.ts'
import { prepareJournalDirectory } from './journal-place.ts'
import { encodeLine, noHash, type SignedThing } from './journal-record.ts'
import { pruneJournal } from './prune-journal.ts'
import { type JournalEnd, recoverEnd } from './recover-end.ts'

/** Where what was signed is written down, before anybody is handed it. */
export type Journal = {
  /** @throws Problem `signer_journal_unwritable`, `signer_journal_refused`: then nobody is handed it */
  append(thing: SignedThing): Promise<void>
}

/**
 * No journal: of whoever signs with the keys in hand and asks nobody: a command of an operator, or an authority
 * in one process with them, whose word on what it signed would prove nothing.
 */
export const noJournal: Journal = { append: () => Promise.resolve() }

export type SigningJournalOptions = {
  /** Absolute path. */
  directory: string
  log: Logger
  now: () => number
  /** How long a file is kept after all that is in it has ended; as the configuration is now. */
  keepMs: () => number
  maxFileBytes?: number
}

const defaultMaxFileBytes = 16 * 1024 * 1024
const dayMs = 86_400_000
const retryAfterSeconds = 5
const sync = promisify(fdatasync)

type OpenFile = { readonly name: string; readonly path: string; readonly fd: number; size: number }
type Waiting = {
  readonly thing: SignedThing
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * The journal of a signer: lines of JSON, each with a hash of the one before, in files of a day that one process
 * writes. What comes while the disk is busy is written at once and shares the next fdatasync (2): who is handed a
 * certificate finds it in the journal after kill -9 and after a power cut as well. A file that could not be written
 * is cut to what was confirmed and followed by another; until then nothing is signed.
 */
export class SigningJournal implements Journal {
  readonly #options: SigningJournalOptions
  readonly #waiting: Waiting[] = []
  #file: OpenFile | undefined
  /** The last record that is on the disk; undefined until it was looked for there. */
  #end: JournalEnd | undefined
  /** A file that has more than was confirmed, and what it is to be cut to. */
  #uncut: { readonly path: string; readonly size: number } | undefined
  #writing: Promise<void> | undefined
  #pruning: Promise<void> = Promise.resolve()

  constructor(options: SigningJournalOptions) {
    this.#options = options
  }

  append(thing: SignedThing): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ thing, resolve, reject })
      this.#writing ??= this.#writeAll()
    })
  }

  async close(): Promise<void> {
    await this.#writing
    await this.#pruning
    if (this.#file !== undefined) closeSync(this.#file.fd)
    this.#file = undefined
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0)
      try {
        await this.#write(group.map(({ thing }) => thing))
        for (const { resolve } of group) resolve()
      } catch (error) {
        const problem = isProblem(error) ? error : unwritable(this.#options.directory, error)
        for (const { reject } of group) reject(problem)
      }
    }
    // At once, before whoever was answered appends more.
    this.#writing = undefined
  }

  async #write(things: readonly SignedThing[]): Promise<void> {
    const at = this.#options.now()
    const file = this.#current(at) ?? (await this.#begin(at))
    let { seq, hash } = this.#end ?? { seq: 0, hash: noHash }
    let text = ''
    for (const { kind, ca, serial, sha256, until } of things) {
      seq += 1
      const encoded = encodeLine({ seq, at, kind, ca, serial, sha256, until }, hash)
      hash = encoded.hash
      text += `${encoded.line}\n`
    }
    try {
      await confirm(file, text)
    } catch (error) {
      closeSync(file.fd)
      this.#file = undefined
      this.#uncut = { path: file.path, size: file.size }
      throw error
    }
    this.#end = { seq, hash, name: file.name }
  }

  /** The open file, unless it is full, of another day, or not ours alone any more. */
  #current(at: number): OpenFile | undefined {
    const { maxFileBytes = defaultMaxFileBytes, log } = this.#options
    const file = this.#file
    if (file === undefined) return undefined
    const { nlink, size } = fstatSync(file.fd)
    const isOurs = nlink === 1 && size === file.size
    const isOfToday = at - dayOf(file.name) < dayMs && at >= dayOf(file.name)
    if (isOurs && isOfToday && file.size < maxFileBytes) return file
    if (!isOurs) log.error({ file: file.path }, 'THE JOURNAL OF THE SIGNER WAS CHANGED BY OTHERS')
    closeSync(file.fd)
    this.#file = undefined
    return undefined
  }

  /** Begins another file behind the last record that is on the disk. */
  async #begin(at: number): Promise<OpenFile> {
    const { directory, log } = this.#options
    prepareJournalDirectory(directory)
    if (this.#uncut !== undefined) cutFile(this.#uncut.path, this.#uncut.size)
    this.#uncut = undefined
    const end = this.#end ?? (await recoverEnd(directory, log))
    const seq = end.seq + 1
    const name = fileNameOf(seq, at)
    const path = join(directory, name)
    const { line, hash } = encodeLine({ seq, at, kind: 'begin', after: end.name }, end.hash)
    const file = { name, path, fd: this.#create(path), size: 0 }
    try {
      await confirm(file, `${line}\n`)
      await syncDirectory(directory)
    } catch (error) {
      // A name without a record would be in the way of the next one.
      closeSync(file.fd)
      unlinkSync(path)
      throw error
    }
    this.#file = file
    this.#end = { seq, hash, name }
    // Where the log goes elsewhere, whoever rewrites the journal does not rewrite this.
    log.info({ file: name, seq, before: end.hash }, 'the journal goes on in another file')
    const pruned = { directory, except: name, now: at, keepMs: this.#options.keepMs(), log }
    this.#pruning = this.#pruning.then(() => pruneJournal(pruned))
    return file
  }

  #create(path: string): number {
    try {
      return openSync(path, 'wx', 0o600)
    } catch (error) {
      // Somebody else wrote on: the end is looked for anew.
      this.#end = undefined
      throw error
    }
  }
}

/**
 * Has text on the disk behind what is there. What a failed sync left is there or not, and no later one says so
 * (fsync(2)): whoever calls cuts the file to the size that it has here.
 */
async function confirm(file: OpenFile, text: string): Promise<void> {
  const bytes = Buffer.from(text)
  let written = 0
  while (written < bytes.length) {
    written += writeSync(file.fd, bytes, written, bytes.length - written, file.size + written)
  }
  await sync(file.fd)
  file.size += bytes.length
}

function unwritable(directory: string, cause: unknown): Problem {
  return new Problem('signer_journal_unwritable', {
    detail: directory,
    found: cause instanceof Error ? cause.message : String(cause),
    retryAfterSeconds,
    cause,
  })
}
