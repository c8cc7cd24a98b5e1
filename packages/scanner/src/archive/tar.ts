import { type ByteSource, partOf, sourcePieces } from './byte-source.ts'
import type { Walk } from './container.ts'
import { EntryFault } from './entry.ts'
import type { Listing, Member } from './member.ts'
import { printableName } from './printable-name.ts'

const blockBytes = 512
const maxHeaderTextBytes = 1024 * 1024
/** POSIX.1-2017 pax, ustar; and what GNU tar writes for long names. */
const types: Readonly<Record<string, 'file' | 'long-name' | 'pax' | undefined>> = {
  '\0': 'file', 0: 'file', 7: 'file', L: 'long-name', x: 'pax',
} // biome-ignore format: a table

/** The magic of ustar, which GNU tar writes too, and the sum that every tar has. */
export function isTar(head: Buffer): boolean {
  return head.length >= blockBytes && head.toString('latin1', 257, 262) === 'ustar' && hasSum(head)
}

/** Files of a tar archive; links, folders and devices are left out. */
export async function listTar(
  walk: Walk,
  source: ByteSource,
  prefix: string,
): Promise<Listing | undefined> {
  const members: Member[] = []
  const damage: string[] = []
  const seen = new Map<string, number>()
  let longName: Buffer | undefined
  for (let at = 0; at + blockBytes <= source.size; ) {
    const header = await source.read(at, blockBytes)
    if (header.every((byte) => byte === 0)) break
    if (!hasSum(header)) {
      damage.push(`tar: the header at byte ${at} is damaged: nothing behind it was read`)
      break
    }
    const size = numberAt(header, 124, 12)
    const dataOffset = at + blockBytes
    if (size === undefined || dataOffset + size > source.size) {
      damage.push('tar: cut off in its last entry, or damaged there: read as far as it goes')
    }
    const length = Math.min(size ?? Infinity, source.size - dataOffset)
    at = dataOffset + Math.ceil(length / blockBytes) * blockBytes
    const type = types[String.fromCharCode(header[156] ?? 0)]
    if (type === 'file') {
      if (!walk.budget.takeEntry()) {
        damage.push(`more entries than are looked at: the first ${members.length} were read`)
        break
      }
      const name = printableName(longName ?? ustarName(header))
      const times = (seen.get(name) ?? 0) + 1
      seen.set(name, times)
      const path = prefix + (times === 1 ? name : `${name}#${times}`)
      members.push(memberAt(walk, partOf(source, dataOffset, length), path))
    }
    if (type === 'long-name' || type === 'pax') {
      const text = await source.read(dataOffset, Math.min(length, maxHeaderTextBytes))
      longName = type === 'pax' ? paxPath(text) : untilNul(text)
    } else {
      longName = undefined
    }
  }
  return { members, odd: [], damage }
}

function memberAt({ limits }: Walk, part: ByteSource, path: string): Member {
  const whole = async () => {
    if (part.size > limits.entryBytes) {
      throw new EntryFault(`larger than ${limits.entryBytes} bytes: not read`)
    }
    return part.read(0, part.size)
  }
  return {
    path,
    size: part.size,
    read: whole,
    stream: () => sourcePieces(part, 0, part.size),
    peek: () => part.read(0, 4096),
    open: () => Promise.resolve({ source: part, close: () => Promise.resolve() }),
  }
}

/** All bytes, with the sum's own eight taken as spaces. */
function hasSum(header: Buffer): boolean {
  let sum = 8 * 0x20
  for (let at = 0; at < blockBytes; at += 1) {
    if (at < 148 || at >= 156) sum += header[at] ?? 0
  }
  return numberAt(header, 148, 8) === sum
}

/** Octal text, or with the highest bit set a number, big end first. */
function numberAt(header: Buffer, at: number, length: number): number | undefined {
  if (((header[at] ?? 0) & 0x80) !== 0) return header.readUIntBE(at + length - 6, 6)
  const text = /^\s*([0-7]+)[\s\0]*$/.exec(header.toString('latin1', at, at + length))?.[1]
  return text === undefined ? undefined : Number.parseInt(text, 8)
}

function ustarName(header: Buffer): Buffer {
  const name = untilNul(header.subarray(0, 100))
  const folder = untilNul(header.subarray(345, 500))
  return folder.length === 0 ? name : Buffer.concat([folder, Buffer.from('/'), name])
}

function untilNul(text: Buffer): Buffer {
  const end = text.indexOf(0)
  return end < 0 ? text : text.subarray(0, end)
}

/** `27 path=some/long/name\n`, the first number being the length of the record. */
function paxPath(text: Buffer): Buffer | undefined {
  for (let at = 0; at < text.length; ) {
    const length = Number.parseInt(text.toString('latin1', at, at + 10), 10)
    if (!(length > 0)) return undefined
    const record = text.subarray(at, at + length)
    const key = record.indexOf(' path=')
    if (key > 0 && key < 10) return record.subarray(key + 6, -1)
    at += length
  }
  return undefined
}
