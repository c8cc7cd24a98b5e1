import { type Chunk, chunkAt, chunkTypes } from '../chunk.ts'
import { emptyStringPool, readStringPool, type StringPool } from '../string-pool.ts'
import { resourceConfigAt } from './resource-config.ts'
import type { ResourceEntry, ResourceTable } from './resource-table.ts'
import { entryAt, keyOf, readEntry, type TypeChunk } from './type-chunk.ts'

export type CompiledTable = ResourceTable & {
  /** Every string that is a value of a resource. */
  readonly strings: StringPool
  readonly faults: readonly string[]
}

type PackageChunk = {
  readonly id: number
  /** By type id. */
  readonly types: Map<number, TypeChunk[]>
  readonly typeNames: StringPool
  readonly keys: StringPool
  readonly typeIdOffset: number
}

/** Chunks looked at for lookups of one table, before no more are answered: hostile tables have a million of one type. */
const maxVisits = 2_000_000

/** Configurations of one resource that are looked at. */
const maxConfigs = 256

/**
 * Reads `resources.arsc` (`ResTable_header`, AOSP frameworks/base libs/androidfw/include/androidfw/ResourceTypes.h).
 * Only chunks are listed; entries are read when they are asked for, so that a table of 20 MB costs little.
 */
export function readResourceTable(bytes: Buffer, path: string): CompiledTable {
  const faults = new Set<string>()
  const packages: PackageChunk[] = []
  let strings = emptyStringPool
  for (const chunk of chunksIn(bytes, 0, bytes.length, faults)) {
    if (chunk.type !== chunkTypes.table) continue
    for (const child of chunksIn(bytes, chunk.start + chunk.headerSize, chunk.end, faults)) {
      if (child.type === chunkTypes.stringPool && strings === emptyStringPool) {
        strings = readStringPool(bytes, child)
      } else if (child.type === chunkTypes.tablePackage) {
        packages.push(readPackage(bytes, child, faults))
      }
    }
  }
  let visits = 0
  const known = new Map<number, readonly ResourceEntry[]>()

  const lookUp = (id: number): readonly ResourceEntry[] => {
    const entries: ResourceEntry[] = []
    for (const { types } of packages.filter((each) => each.id === id >>> 24)) {
      for (const type of types.get((id >>> 16) & 0xff) ?? []) {
        visits += 1
        if (visits > maxVisits || entries.length >= maxConfigs) return entries
        const entry = readEntry(bytes, type, id & 0xffff, strings)
        if (entry) entries.push(entry)
      }
    }
    return entries
  }
  const byId = (id: number) => {
    const entries = known.get(id) ?? lookUp(id)
    known.set(id, entries)
    return entries
  }
  return {
    path,
    strings,
    faults: [...faults],
    byId,
    nameOf(id) {
      for (const { types, ...owner } of packages.filter((each) => each.id === id >>> 24)) {
        const typeId = (id >>> 16) & 0xff
        for (const type of types.get(typeId) ?? []) {
          visits += 1
          if (visits > maxVisits) return undefined
          const key = keyOf(bytes, type, id & 0xffff)
          const name = key === undefined ? undefined : owner.keys.at(key)
          const typeName = owner.typeNames.at(typeId - 1 - owner.typeIdOffset)
          if (name !== undefined && typeName !== undefined) return `${typeName}/${name}`
        }
      }
      return undefined
    },
    *ofType(sought) {
      for (const { id, types, typeNames, keys, typeIdOffset } of packages) {
        const typeId = indexOf(typeNames, sought) + 1 + typeIdOffset
        const seen = new Set<number>()
        for (const type of types.get(typeId) ?? []) {
          for (let index = 0; index < type.entryCount && visits < maxVisits; index++) {
            visits += 1
            const entry = entryAt(bytes, type, index)
            const key = seen.has(entry) ? undefined : keyOf(bytes, type, entry)
            const name = key === undefined ? undefined : keys.at(key)
            if (name === undefined) continue
            seen.add(entry)
            const resource = ((id << 24) | (typeId << 16) | entry) >>> 0
            yield { name, entries: () => byId(resource) }
          }
        }
      }
    },
    byName(name) {
      const [typeName, keyName] = name.split('/')
      for (const { id, types, typeNames, keys, typeIdOffset } of packages) {
        const key = indexOf(keys, keyName)
        const typeId = indexOf(typeNames, typeName) + 1 + typeIdOffset
        for (const type of key < 0 ? [] : (types.get(typeId) ?? [])) {
          for (let entry = 0; entry < type.entryCount && visits < maxVisits; entry++) {
            visits += 1
            const at = entryAt(bytes, type, entry)
            if (keyOf(bytes, type, at) === key)
              return byId(((id << 24) | (typeId << 16) | at) >>> 0)
          }
        }
      }
      return []
    },
  }
}

function indexOf(pool: StringPool, text: string | undefined): number {
  for (let index = 0; index < pool.count; index++) if (pool.at(index) === text) return index
  return -1
}

function* chunksIn(
  bytes: Buffer,
  start: number,
  end: number,
  faults: Set<string>,
): Generator<Chunk> {
  for (let at = start; at + 8 <= end; ) {
    const chunk = chunkAt(bytes, at, end)
    if (chunk === undefined) {
      faults.add(`the chunk at byte ${at} says a length that cannot be`)
      return
    }
    if (chunk.isCut) faults.add(`the chunk at byte ${at} is shorter than it says`)
    yield chunk
    at = chunk.end
  }
}

/** `ResTable_package`: id, name of 128 units, then where its two pools lie, within it. */
function readPackage(bytes: Buffer, chunk: Chunk, faults: Set<string>): PackageChunk {
  const field = (at: number) =>
    at + 4 <= chunk.headerSize ? bytes.readUInt32LE(chunk.start + at) : 0
  const poolAt = (at: number) => {
    const pool = at === 0 ? undefined : chunkAt(bytes, chunk.start + at, chunk.end)
    return pool?.type === chunkTypes.stringPool ? readStringPool(bytes, pool) : emptyStringPool
  }
  const types = new Map<number, TypeChunk[]>()
  const add = (child: Chunk) => {
    const type = typeChunkOf(bytes, child)
    if (type === undefined) return
    const same = types.get(type.id)
    if (same) same.push(type)
    else types.set(type.id, [type])
  }
  for (const child of chunksIn(bytes, chunk.start + chunk.headerSize, chunk.end, faults)) {
    if (child.type === chunkTypes.tableType) add(child)
    if (child.type !== chunkTypes.tableFlagged) continue
    const inner = chunksIn(bytes, child.start + child.headerSize, child.end, faults)
    for (const each of inner) if (each.type === chunkTypes.tableType) add(each)
  }
  return {
    id: field(8) & 0xff,
    types,
    typeNames: poolAt(field(268)),
    keys: poolAt(field(276)),
    typeIdOffset: field(284),
  }
}

/** `ResTable_type`: id, flags, 0, number of entries, where they start, configuration; then where each lies. */
function typeChunkOf(bytes: Buffer, chunk: Chunk): TypeChunk | undefined {
  if (chunk.headerSize < 24) return undefined
  const flags = bytes.readUInt8(chunk.start + 9)
  const indexAt = chunk.start + chunk.headerSize
  const isSparse = (flags & 1) !== 0
  const isShort = !isSparse && (flags & 2) !== 0
  const fits = Math.floor((chunk.end - indexAt) / (isShort ? 2 : 4))
  return {
    id: bytes.readUInt8(chunk.start + 8),
    isSparse,
    isShort,
    entryCount: Math.min(bytes.readUInt32LE(chunk.start + 12), Math.max(0, fits)),
    indexAt,
    entriesAt: chunk.start + bytes.readUInt32LE(chunk.start + 16),
    end: chunk.end,
    config: resourceConfigAt(bytes, chunk.start + 20, chunk.start + chunk.headerSize),
  }
}
