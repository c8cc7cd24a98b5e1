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

export function callsOf({ instructions }: MethodBody): Instruction[] {
  return instructions.filter(({ opcode }) => isInvoke(opcode))
}

const catchesEverything = new Set([
  'Ljava/lang/Throwable;',
  'Ljava/lang/Exception;',
  'Ljava/security/GeneralSecurityException;',
  'Ljava/security/cert/CertificateException;',
])

/** Whether what is thrown at this unit is caught, whatever it says of a certificate. */
export function isCaught({ tries, references }: MethodBody, unit: number): boolean {
  return tries.some(
    ({ first, last, handlers }) =>
      unit >= first &&
      unit < last &&
      handlers.some(({ type }) => type === 'any' || catchesEverything.has(references.type(type))),
  )
}

/** Which ways a branch is taken. */
export type Ways = 'both' | 'branch' | 'fall through'

/** Whether a `return` can be reached from the first instruction without passing what `isPassed` says. */
export function returnsWithout(
  body: MethodBody,
  isPassed: (instruction: Instruction) => boolean,
  waysOf: (branch: Instruction) => Ways,
): boolean {
  const byUnit = new Map(body.instructions.map((each, index) => [each.unit, index]))
  const reached = new Set<number>()
  const open = [0]
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    const instruction = body.instructions[index]
    if (instruction === undefined || reached.has(index) || isPassed(instruction)) continue
    reached.add(index)
    const { opcode } = instruction
    if (opcode >= Op.returnVoid && opcode <= Op.returnObject) return true
    const { falls, units } = nextOf(body, instruction, waysOf)
    if (falls) open.push(index + 1)
    for (const unit of units) open.push(byUnit.get(unit) ?? -1)
  }
  return false
}

function nextOf(
  body: MethodBody,
  instruction: Instruction,
  waysOf: (branch: Instruction) => Ways,
): { falls: boolean; units: readonly number[] } {
  const { opcode, target } = instruction
  if (opcode === Op.throw) return { falls: false, units: [] }
  if (opcode >= Op.goto && opcode <= Op.goto32) return { falls: false, units: [target] }
  if (opcode === Op.packedSwitch || opcode === Op.sparseSwitch) {
    return { falls: true, units: casesOf(body, instruction) }
  }
  if (opcode < Op.ifEq || opcode > Op.ifLez) return { falls: true, units: [] }
  const ways = waysOf(instruction)
  return { falls: ways !== 'branch', units: ways === 'fall through' ? [] : [target] }
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
