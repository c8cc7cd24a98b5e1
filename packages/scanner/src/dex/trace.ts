import { Branches } from './branches.ts'
import type { CodeItem } from './code-item.ts'
import { type DexFile, stringAt, stringStart } from './dex-file.ts'
import { type Instruction, instructionsOf } from './instruction.ts'
import { isInvoke, Op, writesRegisterA } from './opcodes.ts'
import { allowAllField } from './shapes/ready-made.ts'
import type { FieldReference, MethodReference, References } from './references.ts'
import { type ArrayValue, maxElements, type Value } from './values.ts'
import { keepsItsText, whatItGives } from './known-calls.ts'

export type Call = {
  /** Of the method that is called. */
  readonly id: number
  readonly method: MethodReference
  /** With the object first, where it has one. A long or double counts twice, as registers do. */
  readonly passed: readonly (Value | undefined)[]
  /** Of the arguments that the caller was itself passed: which of its own they are, with `this` as 0 where there is one. */
  readonly parameters: readonly (number | undefined)[]
  /** Absolute, in bytes. */
  readonly at: number
}

/** Arrays, and joined texts, of one method that are kept. */
const maxKept = 256

/** What the walk of a method tells. */
export type Trace = {
  readonly calls: readonly Call[]
  /** Objects put into fields. */
  readonly puts: readonly { readonly field: number; readonly value: Value }[]
  /** Classes of which an object is made, or a static field is read; fields by their names. */
  readonly taken: readonly { readonly descriptor: string; readonly at: number }[]
  readonly arrays: readonly ArrayValue[]
  /** Texts that were joined of several constants. */
  readonly joined: readonly Value[]
  readonly texts: readonly { readonly text: string; readonly at: number }[]
  readonly numbers: readonly number[]
  /** `R.raw.client`, where it was not made a number: `raw/client`. */
  readonly resourceNames: readonly string[]
}

/**
 * Walks a method once from top to bottom, and keeps of each register what is certainly in it: where branches
 * meet, what all of them agree in.
 *
 * @param most instructions
 */
export function traceCode(
  dex: DexFile,
  code: CodeItem,
  references: References,
  most = 20_000,
): Trace {
  const instructions = instructionsOf(dex, code, most)
  const walk = new Walk(dex, code, references, instructions)
  for (const instruction of instructions) walk.step(instruction)
  return walk
}

class Walk implements Trace {
  readonly calls: Call[] = []
  readonly puts: { field: number; value: Value }[] = []
  readonly taken: { descriptor: string; at: number }[] = []
  readonly arrays: ArrayValue[] = []
  readonly joined: Value[] = []
  readonly texts: { text: string; at: number }[] = []
  readonly numbers: number[] = []
  readonly resourceNames: string[] = []

  private readonly dex: DexFile
  private readonly code: CodeItem
  private readonly references: References
  private readonly branches: Branches
  private readonly registers = new Map<number, Value>()
  private result: Value | undefined
  /** Registers that hold what was passed to the method, or its characters. */
  private readonly parameters = new Map<number, number>()
  private resultParameter: number | undefined
  private readonly known = [this.registers, this.parameters] as const

  constructor(
    dex: DexFile,
    code: CodeItem,
    references: References,
    instructions: readonly Instruction[],
  ) {
    this.dex = dex
    this.code = code
    this.references = references
    for (let index = 0; index < code.argumentRegisters; index++) {
      this.parameters.set(code.registers - code.argumentRegisters + index, index)
    }
    this.branches = new Branches(dex, code, instructions)
  }

  step(instruction: Instruction): void {
    const { opcode, a } = instruction
    this.branches.enter(instruction, this.known)
    if (isInvoke(opcode)) {
      this.call(instruction)
      return
    }
    steps[opcode]?.(this, instruction)
    if (writesRegisterA[opcode] !== 1) return
    const parameter = this.parameterMoved(instruction)
    this.set(a, writes[opcode]?.(this, instruction))
    if (parameter !== undefined) this.parameters.set(a, parameter)
  }

  get(register: number): Value | undefined {
    return this.registers.get(register)
  }

  set(register: number, value: Value | undefined): void {
    this.parameters.delete(register)
    if (value === undefined) this.registers.delete(register)
    else this.registers.set(register, value)
  }

  lastResult(): Value | undefined {
    return this.result
  }

  text(index: number): Value | undefined {
    if (index >= this.dex.strings.count) return undefined
    const value = {
      kind: 'text',
      text: stringAt(this.dex, index),
      at: stringStart(this.dex, index),
    } as const
    this.texts.push(value)
    return value
  }

  number(literal: number): Value {
    this.numbers.push(literal)
    return { kind: 'number', number: literal }
  }

  field(index: number): FieldReference {
    return this.references.field(index)
  }

  type(index: number): string {
    return this.references.type(index)
  }

  array(type: string, length: number, elements: (Value | undefined)[]): ArrayValue {
    const isUnknown = elements.includes(undefined)
    const array: ArrayValue = { kind: 'array', type, length, elements, isUnknown }
    if (this.arrays.length < maxKept) this.arrays.push(array)
    return array
  }

  take(descriptor: string, unit: number): void {
    this.taken.push({ descriptor, at: this.code.start + unit * 2 })
  }

  filled({ index, registers }: Instruction): void {
    const elements = registers.map((register) => this.get(register))
    this.result = this.array(this.type(index), elements.length, elements)
  }

  fill(array: Value | undefined, target: number): void {
    const { view, bytes } = this.dex
    const at = this.code.start + target * 2
    if (array?.kind !== 'array' || at < this.code.start || at + 8 > this.code.end) return
    if (view.getUint16(at, true) !== 0x0300) return
    const width = view.getUint16(at + 2, true)
    const end = at + 8 + width * view.getUint32(at + 4, true)
    if (end > this.code.end) return
    array.data = { bytes: bytes.subarray(at + 8, end), width, at: at + 8 }
  }

  private parameterMoved({ opcode, b }: Instruction): number | undefined {
    if (opcode === Op.moveResultObject) return this.resultParameter
    const isMove = opcode === Op.moveObject || opcode === Op.moveObjectFrom16
    return isMove ? this.parameters.get(b) : undefined
  }

  private call({ index, registers, unit }: Instruction): void {
    const method = this.references.method(index)
    const passed = registers.map((register) => this.get(register))
    const parameters = registers.map((register) => this.parameters.get(register))
    this.calls.push({ id: index, method, passed, parameters, at: this.code.start + unit * 2 })
    this.resultParameter = keepsItsText.has(method.by) ? parameters[0] : undefined
    const given = whatItGives(method, passed)
    if (method.name === '<init>' && registers[0] !== undefined) this.set(registers[0], given)
    this.result = given
    if (given?.kind === 'joined' && given.count > 1 && this.joined.length < maxKept) {
      this.joined.push(given)
    }
  }
}

type Step<Gives> = (walk: Walk, instruction: Instruction) => Gives

/** What an instruction leaves in register A. One that is not here leaves what nobody knows. */
const writes: Partial<Record<number, Step<Value | undefined>>> = {
  [Op.moveResultObject]: (walk) => walk.lastResult(),
  [Op.const4]: (walk, { literal }) => walk.number(literal),
  [Op.const16]: (walk, { literal }) => walk.number(literal),
  [Op.const32]: (walk, { literal }) => walk.number(literal),
  [Op.constHigh16]: (walk, { literal }) => walk.number(literal),
  [Op.constString]: (walk, { index }) => walk.text(index),
  [Op.constStringJumbo]: (walk, { index }) => walk.text(index),
  [Op.move]: (walk, { b }) => walk.get(b),
  [Op.moveFrom16]: (walk, { b }) => walk.get(b),
  [Op.moveObject]: (walk, { b }) => walk.get(b),
  [Op.moveObjectFrom16]: (walk, { b }) => walk.get(b),
  [Op.newArray]: (walk, { b, index }) => {
    const length = walk.get(b)
    const isFollowed =
      length?.kind === 'number' && length.number >= 0 && length.number <= maxElements
    return walk.array(walk.type(index), isFollowed ? length.number : 0, [])
  },
  [Op.newInstance]: (walk, { index, unit }) => {
    walk.take(walk.type(index), unit)
    return undefined
  },
  [Op.sgetObject]: (walk, { index, unit }) => {
    const field = walk.field(index)
    walk.take(field.owner, unit)
    if (field.name === allowAllField) walk.take(field.name, unit)
    return { kind: 'field', ...field }
  },
  [Op.igetObject]: (walk, { index }) => ({ kind: 'field', ...walk.field(index) }),
}

/** What an instruction does besides. */
const steps: Partial<Record<number, Step<void>>> = {
  [Op.filledNewArray]: (walk, instruction) => walk.filled(instruction),
  [Op.filledNewArrayRange]: (walk, instruction) => walk.filled(instruction),
  [Op.fillArrayData]: (walk, { a, target }) => walk.fill(walk.get(a), target),
  [Op.aputObject]: putElement,
  [Op.aputByte]: putElement,
  [Op.aputChar]: putElement,
  [Op.sputObject]: putField,
  [Op.iputObject]: putField,
  [Op.sget]: (walk, { index }) => {
    const { owner, name } = walk.field(index)
    const type = /(?:\/|^L)R\$([a-z]+);$/.exec(owner)?.[1]
    if (type !== undefined) walk.resourceNames.push(`${type}/${name}`)
  },
}

function putElement(walk: Walk, { a, b, c }: Instruction): void {
  const array = walk.get(b)
  const index = walk.get(c)
  if (array?.kind !== 'array') return
  if (index?.kind !== 'number') {
    array.isUnknown = true
    return
  }
  const element = walk.get(a)
  if (element === undefined) array.isUnknown = true
  if (index.number >= 0 && index.number < array.length) array.elements[index.number] = element
}

function putField(walk: Walk, { a, index }: Instruction): void {
  const value = walk.get(a)
  if (value !== undefined) walk.puts.push({ field: index, value })
}
