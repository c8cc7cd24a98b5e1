import type { CodeItem } from './code-item.ts'
import type { DexFile } from './dex-file.ts'
import { Op, payloadUnits, unitsOf } from './opcodes.ts'

/** Whether a method calls one of these, by id. Runs over its instructions, quickly. */
export function invokedBy(
  { view, bytes }: DexFile,
  code: CodeItem,
  methods: { readonly has: (id: number) => boolean },
): boolean {
  for (let at = code.start; at + 2 <= code.end; ) {
    const opcode = bytes[at] as number
    const units = unitsOf[opcode] as number
    if (units === 0 || at + units * 2 > code.end) return false
    if (opcode === 0 && bytes[at + 1] !== 0) {
      at += (payloadUnits(view, at, code.end) || 1) * 2
      continue
    }
    const isCall = opcode >= Op.invokeVirtual && opcode <= Op.invokeInterfaceRange
    if (isCall && methods.has(view.getUint16(at + 2, true))) return true
    at += units * 2
  }
  return false
}
