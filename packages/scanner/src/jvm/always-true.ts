import { type JvmInstruction, JvmOp } from './bytecode.ts'
import type { ClassMethod } from './class-file.ts'
import { type Bodies, callOf, calledMethod, instructionsOf, slotsOf } from './method-flow.ts'

/**
 * Whether a method returns `true` whatever it is asked: what it returns is 1 right before, or what another method of
 * the class gives of which the same holds, or a variable that is only ever given one of these. A `throw` refuses.
 */
export function isAlwaysTrue(bodies: Bodies, method: ClassMethod, depth = 3): boolean {
  const instructions = depth === 0 ? undefined : instructionsOf(bodies, method)
  if (instructions === undefined) return false
  if (instructions.some(({ opcode }) => opcode === JvmOp.athrow)) return false
  const meetings = new Set(instructions.flatMap(({ targets }) => targets))
  const isTrueBefore = (index: number): boolean => {
    const at = instructions[index]?.at
    const before = instructions[index - 1]
    // Where several ways meet, nobody knows which one it was.
    if (at === undefined || meetings.has(at) || before === undefined) return false
    if (before.opcode === JvmOp.iconst1) return true
    const call = callOf(bodies, before)
    const called = call && calledMethod(bodies, call)
    return called !== undefined && isAlwaysTrue(bodies, called, depth - 1)
  }
  const isTrueVariable = (slot: number | undefined): boolean => {
    if (slot === undefined || slot < slotsOf(method)) return false
    const changes = instructions.filter((each) => slotChanged(each) === slot)
    return changes.length > 0 && changes.every((each) => isTrueBefore(instructions.indexOf(each)))
  }
  const returns = [...instructions.keys()].filter(
    (index) => instructions[index]?.opcode === JvmOp.ireturn,
  )
  return (
    returns.length > 0 &&
    returns.every((index) => {
      const before = instructions[index - 1]
      const at = instructions[index]?.at ?? 0
      const isVariable = before !== undefined && !meetings.has(at)
      return isTrueBefore(index) || (isVariable && isTrueVariable(slotRead(before)))
    })
  )
}

function slotRead({ opcode, operand }: JvmInstruction): number | undefined {
  if (opcode === JvmOp.iload) return operand
  const slot = opcode - JvmOp.iload0
  return slot >= 0 && slot <= 3 ? slot : undefined
}

/** `iinc` too: what comes before that is no 1. */
function slotChanged({ opcode, operand }: JvmInstruction): number | undefined {
  if (opcode === JvmOp.istore || opcode === JvmOp.iinc || opcode === JvmOp.wide) return operand
  const slot = opcode - JvmOp.istore0
  return slot >= 0 && slot <= 3 ? slot : undefined
}
