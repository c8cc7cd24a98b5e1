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
    const format = formatOf(opcode)
    const units = unitsOf[opcode] as number
    if (format === undefined || at + units * 2 > code.end) break
    const payload = opcode === 0 ? payloadUnits(view, at, code.end) : 0
    if (payload > 0) {
      at += payload * 2
      continue
    }
    found.push(decode(view, at, (at - code.start) / 2, opcode, format))
    at += units * 2
  }
  return found
}

const none: readonly number[] = []
const nothing = { a: 0, b: 0, c: 0, index: 0, literal: 0, target: 0, registers: none }

function decode(
  view: DataView,
  at: number,
  unit: number,
  opcode: number,
  format: Format,
): Instruction {
  const operands = operandsOf[format](view, at, view.getUint8(at + 1), unit)
  return { unit, units: unitsOf[opcode] as number, opcode, ...nothing, ...operands }
}

type Operands = Partial<Omit<Instruction, 'unit' | 'units' | 'opcode'>>

const low = (byte: number) => byte & 15
const top = (byte: number) => byte >> 4

/** @param high the second byte */
const operandsOf: Readonly<
  Record<Format, (view: DataView, at: number, high: number, unit: number) => Operands>
> = {
  '10x': () => ({}),
  '12x': (_view, _at, high) => ({ a: low(high), b: top(high) }),
  '11n': (_view, _at, high) => ({ a: low(high), literal: (top(high) << 28) >> 28 }),
  '11x': (_view, _at, high) => ({ a: high }),
  '10t': (view, at, _high, unit) => ({ target: unit + view.getInt8(at + 1) }),
  '20t': (view, at, _high, unit) => ({ target: unit + view.getInt16(at + 2, true) }),
  '30t': (view, at, _high, unit) => ({ target: unit + view.getInt32(at + 2, true) }),
  '22x': (view, at, high) => ({ a: high, b: view.getUint16(at + 2, true) }),
  '32x': (view, at) => ({ a: view.getUint16(at + 2, true), b: view.getUint16(at + 4, true) }),
  '21t': (view, at, high, unit) => ({ a: high, target: unit + view.getInt16(at + 2, true) }),
  '21s': (view, at, high) => ({ a: high, literal: view.getInt16(at + 2, true) }),
  '21h': (view, at, high) => ({ a: high, literal: view.getInt16(at + 2, true) * 65_536 }),
  '21c': (view, at, high) => ({ a: high, index: view.getUint16(at + 2, true) }),
  '23x': (view, at, high) => ({ a: high, b: view.getUint8(at + 2), c: view.getUint8(at + 3) }),
  '22b': (view, at, high) => ({ a: high, b: view.getUint8(at + 2), literal: view.getInt8(at + 3) }),
  '22t': (view, at, high, unit) => ({
    a: low(high),
    b: top(high),
    target: unit + view.getInt16(at + 2, true),
  }),
  '22s': (view, at, high) => ({
    a: low(high),
    b: top(high),
    literal: view.getInt16(at + 2, true),
  }),
  '22c': (view, at, high) => ({ a: low(high), b: top(high), index: view.getUint16(at + 2, true) }),
  '31i': (view, at, high) => ({ a: high, literal: view.getInt32(at + 2, true) }),
  '31t': (view, at, high, unit) => ({ a: high, target: unit + view.getInt32(at + 2, true) }),
  '31c': (view, at, high) => ({ a: high, index: view.getUint32(at + 2, true) }),
  '51l': (view, at, high) => ({ a: high, literal: view.getInt32(at + 2, true) }),
  '35c': fewRegisters,
  '45cc': fewRegisters,
  '3rc': manyRegisters,
  '4rcc': manyRegisters,
}

function fewRegisters(view: DataView, at: number, high: number): Operands {
  const nibbles = view.getUint16(at + 4, true)
  const all = [nibbles & 15, (nibbles >> 4) & 15, (nibbles >> 8) & 15, nibbles >> 12, low(high)]
  return { index: view.getUint16(at + 2, true), registers: all.slice(0, Math.min(5, top(high))) }
}

function manyRegisters(view: DataView, at: number, high: number): Operands {
  const first = view.getUint16(at + 4, true)
  const registers = Array.from({ length: high }, (_, each) => first + each)
  return { index: view.getUint16(at + 2, true), registers }
}
