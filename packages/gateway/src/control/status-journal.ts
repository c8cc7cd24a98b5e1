import { createHash } from 'node:crypto'
import fs, { type FileHandle } from 'node:fs/promises'
import path from 'node:path'
import { replaceFile, syncDirectory } from '@sallyport/pki'
import type { Change } from '@sallyport/wire'
import { parseChange } from './feed-messages.ts'

/** Of changes between two snapshots; a snapshot follows within seconds. */
const maxBytes = 64 * 1024 * 1024
const checksumCharacters = 32

export type JournalEntry = { readonly epoch: string; readonly change: Change }

type Kept = { readonly epoch: string; readonly seq: number; readonly line: string }

/**
 * Changes that came after the last snapshot on disk, one a line, each behind its own checksum:
 *
 *     <half a SHA-256, hex> {"epoch":"epo_…","change":{…}}
 *
 * A line that was cut off by a crash ends the journal: it was never told to be durable.
 */
export class StatusJournal {
  readonly #file: string
  #handle: FileHandle | undefined
  #kept: Kept[] = []
  #waiting: Kept[] = []
  #working: Promise<void> = Promise.resolve()
  #appending: Promise<void> | undefined
  /** Where a line begins that was cut off. What is appended behind it would be read as a part of it. */
  #tornAt: number | undefined

  constructor(directory: string) {
    this.#file = path.join(directory, 'status.journal')
  }

  /**
   * What is on disk.
   *
   * @throws RangeError where a whole line cannot be believed, so that nothing behind it can be either
   */
  async read(): Promise<JournalEntry[]> {
    const lines = (await this.#text()).split('\n')
    const behindLastLine = lines.pop()
    const entries = lines.map((line, index) => {
      const entry = parseLine(line)
      if (entry === undefined) throw new RangeError(`${this.#file}: line ${index + 1} is damaged`)
      return entry
    })
    this.#kept = entries.map(({ epoch, change }, index) => {
      return { epoch, seq: change.seq, line: `${lines[index]}\n` }
    })
    const wholeBytes = this.#kept.reduce((sum, { line }) => sum + Buffer.byteLength(line), 0)
    this.#tornAt = behindLastLine === '' ? undefined : wholeBytes
    return entries
  }

  /** Resolves when the changes are on disk. What comes while one write is under way goes with the next. */
  append(epoch: string, changes: readonly Change[]): Promise<void> {
    for (const change of changes) {
      const text = JSON.stringify({ epoch, change })
      this.#waiting.push({ epoch, seq: change.seq, line: `${checksum(text)} ${text}\n` })
    }
    this.#appending ??= this.#do(async () => {
      this.#appending = undefined
      const kept = this.#waiting
      this.#waiting = []
      this.#kept.push(...kept)
      this.#handle ??= await this.#open()
      await this.#handle.appendFile(kept.map(({ line }) => line).join(''))
      await this.#handle.datasync()
    })
    return this.#appending
  }

  /** A snapshot that holds everything up to this change is on disk. */
  forget(epoch: string, seq: number): Promise<void> {
    return this.#do(async () => {
      if (this.#kept.length === 0) return
      this.#kept = this.#kept.filter((kept) => kept.epoch === epoch && kept.seq > seq)
      await this.#close()
      await replaceFile(this.#file, this.#kept.map(({ line }) => line).join(''))
      this.#tornAt = undefined
    })
  }

  /** The snapshot that it follows is no more. */
  remove(): Promise<void> {
    return this.#do(async () => {
      this.#kept = []
      this.#tornAt = undefined
      await this.#close()
      await fs.rm(this.#file, { force: true })
    })
  }

  close(): Promise<void> {
    return this.#do(() => this.#close())
  }

  async #text(): Promise<string> {
    try {
      const { size } = await fs.stat(this.#file)
      if (size > maxBytes) throw new RangeError(`${this.#file}: ${size} bytes`)
      return await fs.readFile(this.#file, 'utf8')
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
      throw error
    }
  }

  async #open(): Promise<FileHandle> {
    const directory = path.dirname(this.#file)
    await fs.mkdir(directory, { recursive: true, mode: 0o700 })
    const handle = await fs.open(this.#file, 'a', 0o600)
    // A file that is new is durable when its directory is.
    await syncDirectory(directory)
    if (this.#tornAt !== undefined) await handle.truncate(this.#tornAt)
    this.#tornAt = undefined
    return handle
  }

  async #close(): Promise<void> {
    const handle = this.#handle
    this.#handle = undefined
    await handle?.close()
  }

  #do(work: () => Promise<void>): Promise<void> {
    const done = this.#working.then(work)
    this.#working = done.catch(() => {})
    return done
  }
}

function parseLine(line: string): JournalEntry | undefined {
  const text = line.slice(checksumCharacters + 1)
  if (text === '' || line.slice(0, checksumCharacters + 1) !== `${checksum(text)} `)
    return undefined
  try {
    const { epoch, change } = JSON.parse(text) as { epoch?: unknown; change?: unknown }
    return typeof epoch === 'string' ? { epoch, change: parseChange(change) } : undefined
  } catch {
    // Whole, and of another version: what follows it makes no sense without it.
    return undefined
  }
}

function checksum(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, checksumCharacters)
}
