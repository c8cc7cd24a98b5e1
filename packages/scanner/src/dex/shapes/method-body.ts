import { type Called, catchesEveryRefusal, type Flow, type Step } from '../../code/flow.ts'
import { affords, type CodeItem, codeItemAt, type TryBlock, tryBlocksOf } from '../code-item.ts'
import type { DexFile } from '../dex-file.ts'
import { type Instruction, instructionsOf } from '../instruction.ts'
import { isInvoke, Op } from '../opcodes.ts'
import type { References } from '../references.ts'

/** A method whose whole body is judged. */
export type MethodBody = {
  readonly dex: DexFile
  readonly references: References
  /** Where the code of the methods of this DEX lies, by id. */
  readonly codeOf: Uint32Array
  readonly code: CodeItem
  readonly instructions: readonly Instruction[]
  readonly tries: readonly TryBlock[]
}

/** Longer ones do something that is not told at a glance. */
const maxInstructions = 2000

/** @returns undefined where it has no code, or more than is looked at */
export function bodyOf(
  within: Pick<MethodBody, 'dex' | 'references' | 'codeOf'>,
  id: number,
): MethodBody | undefined {
  const { dex, references, codeOf } = within
  const code = codeItemAt(dex, codeOf[id] ?? 0)
  if (code === undefined || code.end - code.start > maxInstructions * 4) return undefined
  if (!affords(dex, code, 'walkedBytes')) return undefined
  const instructions = instructionsOf(dex, code, maxInstructions)
  if (instructions.length === 0) return undefined
  const tries = code.tries === 0 ? [] : tryBlocksOf(dex, code)
  return { dex, references, codeOf, code, instructions, tries }
}

/** The same, as shapes that class files have too ask of it. */
export function flowOf(body: MethodBody): Flow {
  const { instructions, tries, references, code } = body
  const byUnit = new Map(instructions.map((each, index) => [each.unit, index]))
  const units = new WeakMap<Step, number>()
  const ids = new WeakMap<Called, number>()
  const firstArgument = code.registers - code.argumentRegisters
  const steps = instructions.map((instruction, index): Step => {
    const { opcode, a, unit } = instruction
    const targets = targetsOf(body, instruction).map((target) => byUnit.get(target) ?? -1)
    const falls = opcode !== Op.throw && !(opcode >= Op.goto && opcode <= Op.goto32)
    const isNullTest = a >= firstArgument && (opcode === Op.ifEqz || opcode === Op.ifNez)
    const call = isInvoke(opcode) ? references.method(instruction.index) : undefined
    if (call !== undefined) ids.set(call, instruction.index)
    const step: Step = {
      ...(call === undefined ? {} : { call }),
      ...(opcode === Op.throw ? { throws: true } : {}),
      ...(opcode >= Op.returnVoid && opcode <= Op.returnObject ? { returns: true } : {}),
      ...(opcode >= Op.aget && opcode <= Op.agetShort ? { takesElement: true } : {}),
      next: falls ? [index + 1, ...targets] : targets,
      ...(isNullTest ? { nextUnlessNull: opcode === Op.ifEqz ? [index + 1] : targets } : {}),
    }
    units.set(step, unit)
    return step
  })
  return {
    steps,
    isCaught: (step) => isCaught(tries, references, units.get(step) ?? -1),
    follow: (call) => {
      const called = bodyOf(body, ids.get(call) ?? -1)
      return called && flowOf(called)
    },
  }
}

function isCaught(tries: readonly TryBlock[], references: References, unit: number): boolean {
  return tries.some(
    ({ first, last, handlers }) =>
      unit >= first &&
      unit < last &&
      handlers.some(({ type }) => type === 'any' || catchesEveryRefusal.has(references.type(type))),
  )
}

/** Where it may branch to, in units. */
function targetsOf(body: MethodBody, instruction: Instruction): readonly number[] {
  const { opcode, target } = instruction
  if (opcode === Op.packedSwitch || opcode === Op.sparseSwitch) return casesOf(body, instruction)
  const isBranch = opcode >= Op.ifEq && opcode <= Op.ifLez
  return isBranch || (opcode >= Op.goto && opcode <= Op.goto32) ? [target] : []
}

function casesOf({ dex, code }: MethodBody, { opcode, unit, target }: Instruction): number[] {
  const at = code.start + target * 2
  if (at < code.start || at + 8 > code.end) return []
  const count = dex.view.getUint16(at + 2, true)
  // Behind the first key, or all keys.
  const first = at + (opcode === Op.packedSwitch ? 8 : 4 + count * 4)
  const units: number[] = []
  for (let each = first; each + 4 <= code.end && units.length < count; each += 4) {
    units.push(unit + dex.view.getInt32(each, true))
  }
  return units
}
