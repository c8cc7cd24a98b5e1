import type { Budget } from '../budget.ts'
import type { ByteSource } from '../byte-source.ts'
import { directoryRecords, type ZipRecord } from './central-directory.ts'
import { findDirectory } from './end-record.ts'

export type ZipListing = {
  /** In the order of the directory, without folders. */
  readonly files: readonly ListedFile[]
  /** What is strange about the archive: sentences. */
  readonly odd: readonly string[]
}

export type ListedFile = {
  /** The printable name, unique in this archive: `classes.dex#2` is the second of that name. */
  readonly path: string
  readonly record: ZipRecord
}

/** @returns undefined where this is no archive, or its end is missing */
export async function listZip(source: ByteSource, budget: Budget): Promise<ZipListing | undefined> {
  const { place, odd: oddEnd } = await findDirectory(source)
  if (!place) return undefined
  const odd = [...oddEnd]
  const files: ListedFile[] = []
  const timesSeen = new Map<string, number>()
  let count = 0
  for await (const record of directoryRecords(source, place)) {
    if (!budget.takeEntry()) {
      odd.push(
        `It has more entries than are looked at (it says ${place.count}): the first ${count} were read.`,
      )
      break
    }
    count += 1
    const times = (timesSeen.get(record.name) ?? 0) + 1
    timesSeen.set(record.name, times)
    if (record.name.endsWith('/') && record.bytes === 0 && record.compressedBytes <= 2) continue
    files.push({ path: times === 1 ? record.name : `${record.name}#${times}`, record })
  }
  return { files, odd }
}
