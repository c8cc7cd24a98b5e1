import type { CodeItem } from './code-item.ts'
import type { DexFile } from './dex-file.ts'
import { type Format, formatOf, payloadUnits, unitsOf } from './opcodes.ts'

/** One instruction with its operands told apart. What a format does not have is 0 or empty. */
export type Instruction = {
  /** Units of 16 bits from the start of the code. */
  readonly unit: number
  readonly units: number
  readonly opcode: number
  readonly a: number
  readonly b: number
  readonly c: number
  /** Of a string, type, field or method. */
  readonly index: number
  readonly literal: number
  /** Where it branches to, or where its data lies: a unit. */
  readonly target: number
  /** What is passed. */
  readonly registers: readonly number[]
}

/**
 * Walks the code from its first instruction to its last. A payload is passed over; what is no instruction ends it.
 *
 * @param most instructions
 */
export function instructionsOf(dex: DexFile, code: CodeItem, most = 100_000): Instruction[] {
  const found: Instruction[] = []
  const { view } = dex
  for (let at = code.start; at + 2 <= code.end && found.length < most; ) {
    const opcode = view.getUint8(at)
    const read = readOperands[opcode]
    const units = unitsOf[opcode] as number
    if (read === undefined || at + units * 2 > code.end) break
    const payload = opcode === 0 ? payloadUnits(view, at, code.end) : 0
    if (payload > 0) {
      at += payload * 2
      continue
    }
    const instruction = new Decoded((at - code.start) / 2, units, opcode)
    read(instruction, view, at, view.getUint8(at + 1))
    found.push(instruction)
    at += units * 2
  }
  return found
}

const none: readonly number[] = []

/** One shape for all, whatever their formats: there are hundreds of thousands of them. */
class Decoded implements Instruction {
  readonly unit: number
  readonly units: number
  readonly opcode: number
  a = 0
  b = 0
  c = 0
  index = 0
  literal = 0
  target = 0
  registers = none

  constructor(unit: number, units: number, opcode: number) {
    this.unit = unit
    this.units = units
    this.opcode = opcode
  }
}

/** @param high the second byte */
type ReadOperands = (into: Decoded, view: DataView, at: number, high: number) => void

const low = (byte: number) => byte & 15
const top = (byte: number) => byte >> 4

const operandsOf: Readonly<Record<Format, ReadOperands>> = {
  '10x': () => {},
  '12x': (into, _view, _at, high) => {
    into.a = low(high)
    into.b = top(high)
  },
  '11n': (into, _view, _at, high) => {
    into.a = low(high)
    into.literal = (top(high) << 28) >> 28
  },
  '11x': (into, _view, _at, high) => {
    into.a = high
  },
  '10t': (into, view, at) => {
    into.target = into.unit + view.getInt8(at + 1)
  },
  '20t': (into, view, at) => {
    into.target = into.unit + view.getInt16(at + 2, true)
  },
  '30t': (into, view, at) => {
    into.target = into.unit + view.getInt32(at + 2, true)
  },
  '22x': (into, view, at, high) => {
    into.a = high
    into.b = view.getUint16(at + 2, true)
  },
  '32x': (into, view, at) => {
    into.a = view.getUint16(at + 2, true)
    into.b = view.getUint16(at + 4, true)
  },
  '21t': (into, view, at, high) => {
    into.a = high
    into.target = into.unit + view.getInt16(at + 2, true)
  },
  '21s': (into, view, at, high) => {
    into.a = high
    into.literal = view.getInt16(at + 2, true)
  },
  '21h': (into, view, at, high) => {
    into.a = high
    into.literal = view.getInt16(at + 2, true) * 65_536
  },
  '21c': (into, view, at, high) => {
    into.a = high
    into.index = view.getUint16(at + 2, true)
  },
  '23x': (into, view, at, high) => {
    into.a = high
    into.b = view.getUint8(at + 2)
    into.c = view.getUint8(at + 3)
  },
  '22b': (into, view, at, high) => {
    into.a = high
    into.b = view.getUint8(at + 2)
    into.literal = view.getInt8(at + 3)
  },
  '22t': (into, view, at, high) => {
    into.a = low(high)
    into.b = top(high)
    into.target = into.unit + view.getInt16(at + 2, true)
  },
  '22s': (into, view, at, high) => {
    into.a = low(high)
    into.b = top(high)
    into.literal = view.getInt16(at + 2, true)
  },
  '22c': (into, view, at, high) => {
    into.a = low(high)
    into.b = top(high)
    into.index = view.getUint16(at + 2, true)
  },
  '31i': (into, view, at, high) => {
    into.a = high
    into.literal = view.getInt32(at + 2, true)
  },
  '31t': (into, view, at, high) => {
    into.a = high
    into.target = into.unit + view.getInt32(at + 2, true)
  },
  '31c': (into, view, at, high) => {
    into.a = high
    into.index = view.getUint32(at + 2, true)
  },
  '51l': (into, view, at, high) => {
    into.a = high
    into.literal = view.getInt32(at + 2, true)
  },
  '35c': fewRegisters,
  '45cc': fewRegisters,
  '3rc': manyRegisters,
  '4rcc': manyRegisters,
}

function fewRegisters(into: Decoded, view: DataView, at: number, high: number): void {
  const nibbles = view.getUint16(at + 4, true)
  const all = [nibbles & 15, (nibbles >> 4) & 15, (nibbles >> 8) & 15, nibbles >> 12, low(high)]
  all.length = Math.min(5, top(high))
  into.index = view.getUint16(at + 2, true)
  into.registers = all
}

function manyRegisters(into: Decoded, view: DataView, at: number, high: number): void {
  const first = view.getUint16(at + 4, true)
  into.index = view.getUint16(at + 2, true)
  into.registers = Array.from({ length: high }, (_, each) => first + each)
}

/** By opcode. */
const readOperands = Array.from({ length: 256 }, (_, opcode): ReadOperands | undefined => {
  const format = formatOf(opcode)
  return format && operandsOf[format]
})
