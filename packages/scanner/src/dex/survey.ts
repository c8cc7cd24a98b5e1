import { isLookedAt, isLookedAtOwner } from './call-shapes.ts'
import { type DexFile, stringAt } from './dex-file.ts'
import type { References } from './references.ts'
import { isNameOfClassShape } from './shapes/class-shapes.ts'
import { allowAllField, switchesChecksOff } from './shapes/ready-made.ts'
import { namedKind } from '../secrets/named/secret-name.ts'
import { namesPassword } from './shapes/secret-names.ts'

/** What is looked for in the instructions of a DEX, by indexes of its tables; and what was seen. */
export type Survey = {
  /** Marks of methods. */
  readonly methods: Uint8Array
  /** Marks of fields. */
  readonly fields: Uint8Array
  /** 1: making one is looked at. */
  readonly types: Uint8Array
  /** Of each type, ids plus one of the first and the last method, of another type, that makes it or reads a field of it. */
  readonly firstUse: Int32Array
  readonly lastUse: Int32Array
}

export const Mark = {
  /** Calls of the method are looked at; code that reads the field is. */
  use: 1,
  /** Bodies of the method are looked at. */
  body: 2,
  /** It is called as passwords are: what it gives, or what is put there, may be one. */
  password: 4,
  /** A field whose name promises a secret. */
  secret: 32,
} as const

const NameMark = { ...Mark, useOfSome: 8, useOfField: 16, seen: 128 } as const

/** Marks what the shapes look for in one DEX, by its tables alone: most code need not be read then. */
export function surveyOf(dex: DexFile, references: References): Survey {
  const { view } = dex
  const typeCount = dex.types.count
  const owners = new Uint8Array(typeCount)
  const types = new Uint8Array(typeCount)
  for (let type = 0; type < typeCount; type++) {
    const descriptor = references.type(type)
    if (isLookedAtOwner(descriptor)) owners[type] = 1
    if (switchesChecksOff(descriptor)) types[type] = 1
  }
  const pinPrototypes = prototypesOfPins(dex, references)
  const names = new Uint8Array(dex.strings.count)
  const markOfName = (index: number): number => {
    const known = names[index]
    if (known === undefined || known !== 0) return known ?? 0
    return (names[index] = NameMark.seen | markOf(stringAt(dex, index)))
  }
  const methods = new Uint8Array(dex.methods.count)
  for (let id = 0; id < methods.length; id++) {
    const at = dex.methods.offset + id * 8
    const mark = markOfName(view.getUint32(at + 4, true))
    const isOfSome = (mark & NameMark.useOfSome) !== 0 && owners[view.getUint16(at, true)] === 1
    const takesPins = pinPrototypes[view.getUint16(at + 2, true)] === 1
    methods[id] = (mark & 7) | (isOfSome || takesPins ? Mark.use : 0)
  }
  const fields = new Uint8Array(dex.fields.count)
  for (let id = 0; id < fields.length; id++) {
    const mark = markOfName(view.getUint32(dex.fields.offset + id * 8 + 4, true))
    fields[id] =
      (mark & (Mark.password | Mark.secret)) | ((mark & NameMark.useOfField) === 0 ? 0 : Mark.use)
  }
  const firstUse = new Int32Array(typeCount)
  return { methods, fields, types, firstUse, lastUse: new Int32Array(typeCount) }
}

function markOf(name: string): number {
  const looked = isLookedAt(name)
  return (
    (looked === 'any' ? Mark.use : looked === 'some' ? NameMark.useOfSome : 0) |
    (isNameOfClassShape(name) ? Mark.body : 0) |
    (namesPassword(name) ? Mark.password : 0) |
    (namedKind(name) === undefined ? 0 : Mark.secret) |
    (name === allowAllField ? NameMark.useOfField : 0)
  )
}

/** 1 for each prototype that takes a text and texts: as pins are passed, whatever the method is called. */
function prototypesOfPins(dex: DexFile, references: References): Uint8Array {
  const { view, base, bytes, prototypes } = dex
  const found = new Uint8Array(prototypes.count)
  for (let index = 0; index < found.length; index++) {
    const list = base + view.getUint32(prototypes.offset + index * 12 + 8, true)
    if (list === base || list + 8 > bytes.length || view.getUint32(list, true) !== 2) continue
    const first = references.type(view.getUint16(list + 4, true))
    const second = references.type(view.getUint16(list + 6, true))
    if (first === 'Ljava/lang/String;' && second === '[Ljava/lang/String;') found[index] = 1
  }
  return found
}
