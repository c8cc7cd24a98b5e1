import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { chainHash, decodeLine, type JournalLine } from './journal-record.ts'

/** `<number of its first record>-<day>.jsonl`: their order is that of their names. */
const nameForm = /^\d{15}-\d{8}\.jsonl$/
/** Larger than any that a signer writes. */
const maxFileBytes = 256 * 1024 * 1024
/** A millisecond or two. */
const linesPerTurn = 500

export function fileNameOf(seq: number, at: number): string {
  const day = new Date(at).toISOString().slice(0, 10).replaceAll('-', '')
  return `${String(seq).padStart(15, '0')}-${day}.jsonl`
}

/** The day of a file, milliseconds at its beginning (UTC). */
export function dayOf(name: string): number {
  const [, year, month, day] = /-(\d{4})(\d{2})(\d{2})\.jsonl$/.exec(name) ?? []
  return Date.UTC(Number(year), Number(month) - 1, Number(day))
}

/** The files of a journal, oldest first. Empty where there is no directory. */
export async function journalFiles(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).filter((name) => nameForm.test(name)).toSorted()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

export type ReadLine = JournalLine & {
  /** Bytes from the beginning of the file to behind this line. */
  readonly end: number
  /** From 1. */
  readonly number: number
  /** Whether its hash is that of this line behind the one before it; of the first it is taken on trust. */
  readonly isChained: boolean
}

export type FileRead = {
  /** How many bytes there are. */
  readonly size: number
  /** What is behind the last line that is whole: bytes of a record that was being written. */
  readonly tornBytes: number
  /** Numbers of lines that are none, with a whole one behind them. */
  readonly malformed: readonly number[]
}

/**
 * Reads a file of a journal from its beginning, and lets other work have its turn meanwhile.
 *
 * @returns what is left to say of it at its end
 * @throws Error of the file system; RangeError where it is larger than any of ours
 */
export async function* readJournalFile(
  directory: string,
  name: string,
): AsyncGenerator<ReadLine, FileRead> {
  const path = join(directory, name)
  const { size } = await stat(path)
  if (size > maxFileBytes) throw new RangeError(`${path}: ${size} bytes`)
  const bytes = await readFile(path)
  let last: string | undefined
  let end = 0
  let number = 0
  const malformed: number[] = []
  let unsure: number[] = []
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(0x0a, start)
    number += 1
    if (number % linesPerTurn === 0) await nextTurn()
    const line =
      newline === -1 ? undefined : decodeLine(bytes.subarray(start, newline).toString('utf8'))
    if (line === undefined) unsure.push(number)
    else {
      malformed.push(...unsure)
      unsure = []
      end = newline + 1
      const isChained = last === undefined || chainHash(last, line.text) === line.hash
      last = line.hash
      yield { ...line, end, number, isChained }
    }
    start = newline === -1 ? bytes.length : newline + 1
  }
  return { size: bytes.length, tornBytes: bytes.length - end, malformed }
}
