import { type Called, catchesEveryRefusal, type Flow, type Step } from '../code/flow.ts'
import { type JvmInstruction, JvmOp, jvmInstructions } from './bytecode.ts'
import { type ClassFile, type ClassMethod, type Handler, handlersOf } from './class-file.ts'

/** Longer ones do something that is not told at a glance. */
const maxCodeBytes = 8_000
/** Bodies that one class file may have looked at: each may call each. */
const maxBodies = 200

/** A class file while the bodies of its methods are looked at. */
export type Bodies = {
  readonly file: ClassFile
  readonly bytes: Buffer
  left: number
}

export function bodiesOf(file: ClassFile, bytes: Buffer): Bodies {
  return { file, bytes, left: maxBodies }
}

/** @returns undefined where there is no code, or more than is looked at */
export function instructionsOf(bodies: Bodies, method: ClassMethod): JvmInstruction[] | undefined {
  const { code } = method
  if (code === undefined || code.end - code.start > maxCodeBytes || bodies.left <= 0)
    return undefined
  bodies.left -= 1
  const instructions = jvmInstructions(bodies.bytes.subarray(code.start, code.end))
  return instructions.length === 0 ? undefined : instructions
}

/** A method of the class itself that is called. Those of others are not at hand. */
export function calledMethod({ file }: Bodies, call: Called): ClassMethod | undefined {
  if (call.owner !== `L${file.name};`) return undefined
  return file.methods.find(
    ({ name, descriptor }) => name === call.name && descriptor === call.signature,
  )
}

/** What a call names. Undefined: it is none, or made at run time. */
export function callOf({ file }: Bodies, { opcode, operand }: JvmInstruction): Called | undefined {
  if (opcode < JvmOp.invokevirtual || opcode > JvmOp.invokedynamic) return undefined
  // Lambdas, and texts that are joined: nothing there asks for a certificate.
  if (opcode === JvmOp.invokedynamic)
    return { owner: 'Ljava/lang/invoke/;', name: '', signature: '' }
  const reference = file.references.get(operand)
  if (reference === undefined) return { owner: '', name: '', signature: '' }
  const { owner, name, descriptor } = reference
  return { owner: `L${owner};`, name, signature: descriptor }
}

/** The body of a method, as shapes that DEX has too ask of it. */
export function flowOf(bodies: Bodies, method: ClassMethod): Flow | undefined {
  const instructions = instructionsOf(bodies, method)
  if (instructions === undefined) return undefined
  const byOffset = new Map(instructions.map(({ at }, index) => [at, index]))
  const places = new WeakMap<Step, number>()
  const argumentSlots = slotsOf(method)
  const handlers = handlersOf(bodies.file, bodies.bytes, method)
  const steps = instructions.map((instruction, index): Step => {
    const { opcode, at } = instruction
    const targets = instruction.targets.map((target) => byOffset.get(target) ?? -1)
    const call = callOf(bodies, instruction)
    const step: Step = {
      ...(call === undefined ? {} : { call }),
      ...(opcode === JvmOp.athrow ? { throws: true } : {}),
      ...(isReturn(opcode) ? { returns: true } : {}),
      ...(opcode >= JvmOp.iaload && opcode <= JvmOp.saload ? { takesElement: true } : {}),
      next: falls(opcode) ? [index + 1, ...targets] : targets,
      ...unlessNull(instructions, index, argumentSlots, targets),
    }
    places.set(step, at)
    return step
  })
  return {
    steps,
    isCaught: (step) => isCaught(handlers, places.get(step) ?? -1),
    follow: (call) => {
      // What javac before 11 makes for a private field of the class around it.
      if (/^access\$\d+$/.test(call.name) && call.signature.startsWith('()')) return nothingDone
      const called = calledMethod(bodies, call)
      return called && flowOf(bodies, called)
    },
  }
}

const nothingDone: Flow = {
  steps: [{ returns: true, next: [] }],
  isCaught: () => false,
  follow: () => undefined,
}

const isReturn = (opcode: number): boolean => opcode >= JvmOp.ireturn && opcode <= JvmOp.return

function falls(opcode: number): boolean {
  const isSwitch = opcode === JvmOp.tableswitch || opcode === JvmOp.lookupswitch
  const isJump = opcode === JvmOp.goto || opcode === JvmOp.gotoW || opcode === JvmOp.ret
  return !isSwitch && !isJump && !isReturn(opcode) && opcode !== JvmOp.athrow
}

/** `handler?.proceed()`: the argument is loaded right before, and maybe doubled. */
function unlessNull(
  instructions: readonly JvmInstruction[],
  index: number,
  argumentSlots: number,
  targets: readonly number[],
): Pick<Step, 'nextUnlessNull'> {
  const { opcode } = instructions[index] as JvmInstruction
  if (opcode !== JvmOp.ifnull && opcode !== JvmOp.ifnonnull) return {}
  const before = instructions[index - 1]
  const load = before?.opcode === JvmOp.dup ? instructions[index - 2] : before
  const slot = load === undefined ? undefined : slotLoaded(load)
  if (slot === undefined || slot >= argumentSlots) return {}
  return { nextUnlessNull: opcode === JvmOp.ifnull ? [index + 1] : targets }
}

function slotLoaded({ opcode, operand }: JvmInstruction): number | undefined {
  if (opcode === JvmOp.aload) return operand
  const slot = opcode - JvmOp.aload0
  return slot >= 0 && slot <= 3 ? slot : undefined
}

/** Local variables that the arguments take, with `this`. */
export function slotsOf({ descriptor, isStatic }: ClassMethod): number {
  const parameters = descriptor.slice(1, descriptor.indexOf(')'))
  let slots = isStatic ? 0 : 1
  for (const [type] of parameters.matchAll(/\[*(?:L[^;]*;|[A-Z])/g)) {
    slots += type === 'J' || type === 'D' ? 2 : 1
  }
  return slots
}

function isCaught(handlers: readonly Handler[], at: number): boolean {
  return handlers.some(
    ({ start, end, type }) =>
      at >= start && at < end && (type === '' || catchesEveryRefusal.has(`L${type};`)),
  )
}
