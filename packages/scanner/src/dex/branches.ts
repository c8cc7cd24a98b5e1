import { type CodeItem, tryBlocksOf } from './code-item.ts'
import type { DexFile } from './dex-file.ts'
import type { Instruction } from './instruction.ts'
import { Op, writesRegisterA } from './opcodes.ts'

/** What is known of registers: of one kind of knowledge, by register. */
type Known = Map<number, unknown>

/** Registers that are looked at for jumps, for each instruction of a method: real code needs one or two. */
const mostForEach = 4

/**
 * What may be kept of registers where branches meet, in a walk from top to bottom. A place that is reached by jumps
 * from above has what all of them, and the instruction before it where that goes on, agree in. Loops come back from
 * below, exceptions and switches from anywhere: there, registers that are written more than once are forgotten.
 */
export class Branches {
  private readonly writtenAgain = new Set<number>()
  /** Places where nothing is kept. */
  private readonly lost = new Set<number>()
  /** What the jumps from above agree in, one map for each kind of knowledge. */
  private readonly arrivals = new Map<number, readonly Known[]>()
  private fallsThrough = true
  /** Registers that may still be looked at. When there are none left, nothing is kept where branches meet. */
  private left: number

  constructor(dex: DexFile, code: CodeItem, instructions: readonly Instruction[]) {
    this.left = 64 + mostForEach * instructions.length
    // Arguments are written before the first instruction.
    const written = new Set<number>()
    for (let each = code.registers - code.argumentRegisters; each < code.registers; each++) {
      written.add(each)
    }
    for (const { opcode, a, target, unit } of instructions) {
      if (isJump(opcode) && target <= unit) this.lost.add(target)
      if (isSwitch(opcode)) this.loseCases(dex, code, unit, target)
      if (writesRegisterA[opcode] === 1) (written.has(a) ? this.writtenAgain : written).add(a)
    }
    for (const { handlers } of tryBlocksOf(dex, code)) {
      for (const { unit } of handlers) this.lost.add(unit)
    }
  }

  /** Before an instruction: takes out of `known` what does not hold there. */
  enter({ unit, opcode, target }: Instruction, known: readonly Known[]): void {
    const arrived = this.arrivals.get(unit)
    this.arrivals.delete(unit)
    const isLost = this.lost.has(unit) || (arrived === undefined && !this.fallsThrough)
    if (isLost || arrived !== undefined) this.meet(isLost ? undefined : arrived, known)
    if (isJump(opcode) && target > unit) this.leave(target, known)
    this.fallsThrough = !endsFlow(opcode)
  }

  private meet(arrived: readonly Known[] | undefined, known: readonly Known[]): void {
    for (const [index, each] of known.entries()) {
      const jumped = arrived?.[index]
      for (const register of this.writtenAgain) {
        const value = jumped?.get(register)
        const agrees = !this.fallsThrough || each.get(register) === value
        if (value === undefined || !agrees) each.delete(register)
        else each.set(register, value)
      }
    }
  }

  private leave(target: number, known: readonly Known[]): void {
    this.left -= this.writtenAgain.size
    if (this.left < 0) {
      this.lost.add(target)
      return
    }
    const others = this.arrivals.get(target)
    if (others === undefined) {
      const kept = known.map((each) => this.snapshotOf(each))
      this.arrivals.set(target, kept)
    } else {
      for (const [index, other] of others.entries()) keepEqual(other, known[index])
    }
  }

  private snapshotOf(known: Known): Known {
    const kept: Known = new Map()
    for (const register of this.writtenAgain) {
      const value = known.get(register)
      if (value !== undefined && !isFilledLater(value)) kept.set(register, value)
    }
    return kept
  }

  private loseCases({ view }: DexFile, code: CodeItem, unit: number, target: number): void {
    const at = code.start + target * 2
    if (at < code.start || at + 8 > code.end) return
    const isPacked = view.getUint16(at, true) === 0x0100
    const count = view.getUint16(at + 2, true)
    const targets = isPacked ? at + 8 : at + 4 + count * 4
    for (let each = targets; each < targets + count * 4 && each + 4 <= code.end; each += 4) {
      this.lost.add(unit + view.getInt32(each, true))
    }
  }
}

function keepEqual(kept: Known, others: Known | undefined): void {
  for (const [register, value] of kept) {
    if (others?.get(register) !== value) kept.delete(register)
  }
}

/** Builders and arrays: what is put into them in one branch would be in them in the other. */
function isFilledLater(value: unknown): boolean {
  const kind = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : ''
  return kind === 'builder' || kind === 'array'
}

function isJump(opcode: number): boolean {
  return (opcode >= Op.goto && opcode <= Op.goto32) || (opcode >= Op.ifEq && opcode <= Op.ifLez)
}

function isSwitch(opcode: number): boolean {
  return opcode === Op.packedSwitch || opcode === Op.sparseSwitch
}

/** What stands behind it is not reached from it. */
function endsFlow(opcode: number): boolean {
  return (
    (opcode >= Op.returnVoid && opcode <= Op.returnObject) ||
    opcode === Op.throw ||
    (opcode >= Op.goto && opcode <= Op.goto32)
  )
}
