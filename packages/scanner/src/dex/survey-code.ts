import type { CodeItem } from './code-item.ts'
import type { DexFile } from './dex-file.ts'
import { Op, payloadUnits, unitsOf } from './opcodes.ts'
import { Mark, type Survey } from './survey.ts'

/** So many single elements put into an array of bytes or characters make it worth a look. */
const manyElements = 12

/**
 * Runs over all instructions of a method, quickly.
 *
 * @param type of the class that has the method
 * @returns whether the method holds something that is looked at more closely
 */
export function surveyCode(
  dex: DexFile,
  code: CodeItem,
  survey: Survey,
  { type, method }: { readonly type: number; readonly method: number },
): boolean {
  const { view, bytes } = dex
  const { methods, fields, types } = survey
  let isInteresting = false
  let elements = 0
  for (let at = code.start; at + 2 <= code.end; ) {
    const opcode = bytes[at] as number
    const units = unitsOf[opcode] as number
    if (units === 0 || at + units * 2 > code.end) break
    if (opcode === 0 && bytes[at + 1] !== 0) {
      at += (payloadUnits(view, at, code.end) || 1) * 2
      continue
    }
    if (opcode >= Op.invokeVirtual && opcode <= Op.invokeInterfaceRange) {
      isInteresting ||= has(methods, view.getUint16(at + 2, true), Mark.use)
    } else if (opcode === Op.sgetObject) {
      const field = view.getUint16(at + 2, true)
      isInteresting ||= has(fields, field, Mark.use)
      if (field < fields.length) {
        const owner = view.getUint16(dex.fields.offset + field * 8, true)
        isInteresting ||= types[owner] === 1
        if (owner !== type) note(survey, owner, method)
      }
    } else if (opcode === Op.newInstance) {
      const made = view.getUint16(at + 2, true)
      isInteresting ||= types[made] === 1
      if (made !== type) note(survey, made, method)
    } else if (opcode === Op.sputObject || opcode === Op.iputObject) {
      isInteresting ||= has(fields, view.getUint16(at + 2, true), Mark.password | Mark.secret)
    } else if (opcode === Op.fillArrayData) {
      isInteresting = true
    } else if (opcode === Op.aputByte || opcode === Op.aputChar) {
      elements++
      isInteresting ||= elements >= manyElements
    }
    at += units * 2
  }
  return isInteresting
}

function has(marks: Uint8Array, index: number, mark: number): boolean {
  return index < marks.length && ((marks[index] as number) & mark) !== 0
}

function note({ firstUse, lastUse }: Survey, type: number, method: number): void {
  if (type >= firstUse.length) return
  if (firstUse[type] === 0) firstUse[type] = method + 1
  lastUse[type] = method + 1
}
