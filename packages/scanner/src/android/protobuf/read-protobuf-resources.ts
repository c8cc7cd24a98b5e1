import type { ByteRange } from '../../strings/byte-range.ts'
import type { ResourceEntry, ResourceTable } from '../resources/resource-table.ts'
import { itemString, itemValue } from './item.ts'
import type { TextPart } from './read-protobuf-xml.ts'
import { fieldOf, fieldsOf, rangesAt, textOf } from './wire.ts'

// Fields of aapt.pb.ResourceTable and what it holds (AOSP frameworks/base tools/aapt2/Resources.proto, Configuration.proto).
const table = { package: 2 }
const owner = { id: 1, type: 3 }
const type = { id: 1, name: 2, entry: 3 }
const entry = { id: 1, name: 2, value: 6 }
const configValue = { config: 1, value: 2 }
const value = { item: 4, compound: 5 }
const config = { sdk: 24 }

/** Ways from a value to the items in it: itself, entries of a style, of an array, of a plural. */
const itemPaths = [[4], [5, 2, 3, 4], [5, 4, 1, 3], [5, 5, 1, 3]]

export type ProtobufResources = ResourceTable & {
  /** Every string that is a value, or within one. */
  readonly texts: readonly TextPart[]
  readonly faults: readonly string[]
}

type Indexed = { readonly typeName: string; readonly range: ByteRange }

/** `resources.pb` of a module of an app bundle. */
export function readProtobufResources(bytes: Buffer, path: string): ProtobufResources {
  const faults = new Set<string>()
  const entries = new Map<number, Indexed>()
  const texts: TextPart[] = []
  const idOf = (range: ByteRange, number: number) => {
    const message = fieldOf(bytes, range, number, faults)
    return message === undefined ? 0 : (fieldOf(bytes, message.range, 1, faults)?.value ?? 0)
  }
  for (const packageRange of rangesAt(bytes, whole(bytes), [table.package], faults)) {
    const packageId = idOf(packageRange, owner.id)
    for (const typeRange of rangesAt(bytes, packageRange, [owner.type], faults)) {
      const typeId = idOf(typeRange, type.id)
      const nameField = fieldOf(bytes, typeRange, type.name, faults)
      const typeName = nameField === undefined ? '' : textOf(bytes, nameField.range)
      for (const range of rangesAt(bytes, typeRange, [type.entry], faults)) {
        const id = ((packageId << 24) | (typeId << 16) | idOf(range, entry.id)) >>> 0
        entries.set(id, { typeName, range })
        for (const each of rangesAt(bytes, range, [entry.value, configValue.value], faults)) {
          for (const way of itemPaths) {
            for (const item of rangesAt(bytes, each, way, faults)) {
              const text = itemString(bytes, item, faults)
              if (text) texts.push(text)
            }
          }
        }
      }
    }
  }
  const nameOf = (id: number) => {
    const found = entries.get(id)
    const field = found && fieldOf(bytes, found.range, entry.name, faults)
    return field && `${found?.typeName}/${textOf(bytes, field.range)}`
  }
  const byId = (id: number) => {
    const range = entries.get(id)?.range
    return range === undefined ? [] : [...valuesOf(bytes, range, faults)]
  }
  let ids: Map<string, number> | undefined
  return {
    path,
    texts,
    faults: [...faults],
    byId,
    nameOf,
    *ofType(sought) {
      for (const [id, { typeName }] of entries) {
        const name = typeName === sought ? nameOf(id)?.slice(sought.length + 1) : undefined
        if (name !== undefined) yield { name, entries: () => byId(id) }
      }
    },
    byName(name) {
      ids ??= new Map([...entries.keys()].map((id) => [nameOf(id) ?? '', id]))
      const id = ids.get(name)
      return id === undefined ? [] : byId(id)
    },
  }
}

function whole(bytes: Buffer): ByteRange {
  return { start: 0, end: bytes.length }
}

function* valuesOf(bytes: Buffer, range: ByteRange, faults: Set<string>): Generator<ResourceEntry> {
  for (const each of rangesAt(bytes, range, [entry.value], faults)) {
    let sdk = 0
    let isDefault = true
    for (const field of fieldsOf(bytes, each, faults)) {
      if (field.number !== configValue.config) continue
      sdk = fieldOf(bytes, field.range, config.sdk, faults)?.value ?? 0
      isDefault = field.range.start === field.range.end
    }
    for (const held of rangesAt(bytes, each, [configValue.value], faults)) {
      const item = fieldOf(bytes, held, value.item, faults)
      const isBag = fieldOf(bytes, held, value.compound, faults) !== undefined
      if (item === undefined && !isBag) continue
      yield {
        config: { sdk, isDefault },
        value: item === undefined ? { kind: 'bag' } : itemValue(bytes, item.range, faults),
        offset: held.start,
      }
    }
  }
}
