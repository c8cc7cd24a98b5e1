// JVMS §6.5: lengths of instructions, in a table, and where they lead.

/** An instruction of the JVM. */
export type JvmInstruction = {
  /** Bytes from the beginning of the code. */
  readonly at: number
  readonly opcode: number
  /** Index into the constant pool, or of a local variable; 0 where it has none. */
  readonly operand: number
  /** Where it may branch to, in bytes from the beginning of the code. */
  readonly targets: readonly number[]
}

export const JvmOp = {
  iconst1: 0x04, iload: 0x15, aload: 0x19, iload0: 0x1a, aload0: 0x2a, iaload: 0x2e, saload: 0x35, istore: 0x36,
  istore0: 0x3b, dup: 0x59, iinc: 0x84, ifeq: 0x99, goto: 0xa7, jsr: 0xa8, ret: 0xa9, tableswitch: 0xaa,
  lookupswitch: 0xab, ireturn: 0xac, return: 0xb1, invokevirtual: 0xb6, invokeinterface: 0xb9, invokedynamic: 0xba,
  athrow: 0xbf, wide: 0xc4, ifnull: 0xc6, ifnonnull: 0xc7, gotoW: 0xc8, jsrW: 0xc9,
} as const // biome-ignore format: a table

/** Last opcode of a range, and how many bytes each of it takes. Switches and `wide` are of no one length. */
const lengths: readonly (readonly [last: number, bytes: number])[] = [
  [0x0f, 1], [0x10, 2], [0x11, 3], [0x12, 2], [0x14, 3], [0x19, 2], [0x35, 1], [0x3a, 2], [0x83, 1], [0x84, 3],
  [0x98, 1], [0xa8, 3], [0xa9, 2], [0xab, 0], [0xb1, 1], [0xb8, 3], [0xba, 5], [0xbb, 3], [0xbc, 2], [0xbd, 3],
  [0xbf, 1], [0xc1, 3], [0xc3, 1], [0xc4, 0], [0xc5, 4], [0xc7, 3], [0xc9, 5],
] // biome-ignore format: a table

const lengthOf = new Uint8Array(256)
for (const [index, [last, bytes]] of lengths.entries()) {
  lengthOf.fill(bytes, (lengths[index - 1]?.[0] ?? -1) + 1, last + 1)
}

/**
 * The instructions of a method, one behind the other. What is none ends them.
 *
 * @param code all of it: offsets are from its beginning
 */
export function jvmInstructions(code: Buffer): JvmInstruction[] {
  const found: JvmInstruction[] = []
  for (let at = 0; at < code.length; ) {
    const opcode = code[at] as number
    const bytes = lengthOf[opcode] || variableLength(code, at, opcode)
    if (bytes === 0 || at + bytes > code.length) break
    const targets = targetsOf(code, at, opcode, bytes)
    found.push({ at, opcode, operand: operandOf(code, at, opcode, bytes), targets })
    at += bytes
  }
  return found
}

/** @returns 0 where it is no instruction, or does not fit */
function variableLength(code: Buffer, at: number, opcode: number): number {
  if (opcode === JvmOp.wide) return code[at + 1] === JvmOp.iinc ? 6 : 4
  if (opcode !== JvmOp.tableswitch && opcode !== JvmOp.lookupswitch) return 0
  const table = aligned(at)
  if (table + 12 > code.length) return 0
  const size =
    opcode === JvmOp.tableswitch
      ? 12 + 4 * (code.readInt32BE(table + 8) - code.readInt32BE(table + 4) + 1)
      : 8 + 8 * code.readInt32BE(table + 4)
  return size < 8 ? 0 : table + size - at
}

/** Tables of switches begin at a multiple of four from the beginning of the code. */
function aligned(at: number): number {
  return (at + 4) & ~3
}

function targetsOf(code: Buffer, at: number, opcode: number, bytes: number): number[] {
  const isBranch = opcode >= JvmOp.ifeq && opcode <= JvmOp.jsr
  if (isBranch || opcode === JvmOp.ifnull || opcode === JvmOp.ifnonnull) {
    return [at + code.readInt16BE(at + 1)]
  }
  if (opcode === JvmOp.gotoW || opcode === JvmOp.jsrW) return [at + code.readInt32BE(at + 1)]
  if (opcode !== JvmOp.tableswitch && opcode !== JvmOp.lookupswitch) return []
  const table = aligned(at)
  const [first, step] = opcode === JvmOp.tableswitch ? [table + 12, 4] : [table + 12, 8]
  const targets = [at + code.readInt32BE(table)]
  for (let each = first; each + 4 <= at + bytes; each += step) {
    targets.push(at + code.readInt32BE(each))
  }
  return targets
}

function operandOf(code: Buffer, at: number, opcode: number, bytes: number): number {
  if (opcode === JvmOp.wide) return code.readUInt16BE(at + 2)
  if (bytes === 2) return code.readUInt8(at + 1)
  if (opcode === JvmOp.iinc) return code.readUInt8(at + 1)
  return bytes === 3 || bytes === 5 ? code.readUInt16BE(at + 1) : 0
}
