import type { Value } from '../values.ts'
import { type CallShape, tellShape } from './call-shape.ts'
import { namesSecret } from './secret-names.ts'

/** `preferences.edit().putString("password", …)` */
export const secretInPreferences: CallShape = {
  names: ['putString'],
  owners: ['Landroid/content/SharedPreferences$Editor;'],
  look: (call, sink) => {
    const [, key, value] = call.passed
    // Writing a constant or nothing (null, "") keeps no secret.
    if (key?.kind !== 'text' || value?.kind === 'text' || value?.kind === 'number') return
    if (namesSecret(key.text)) tellShape(sink, 'secret-in-preferences', call, key.text)
  },
}

const printStream = 'Ljava/io/PrintStream;'

/** `System.out` and `System.err`, which Android sends to the log. Others write files and connections. */
const isStandardStream = (value: Value | undefined): boolean =>
  value?.kind === 'field' && value.owner === 'Ljava/lang/System;'

/** `Log.d(tag, "password: " + password)`: words that name the secret stand right before a value, or it is a field so named. */
export const secretInLog: CallShape = {
  names: ['v', 'd', 'i', 'w', 'e', 'wtf', 'println', 'print'],
  owners: ['Landroid/util/Log;', printStream],
  look: (call, sink) => {
    if (call.method.owner === printStream && !isStandardStream(call.passed[0])) return
    for (const message of call.passed) {
      const parts = message?.kind === 'joined' ? message.parts.slice(0, message.count) : []
      for (const [index, part] of parts.entries()) {
        const isBeforeValue = index + 1 < parts.length && isTextValue(parts[index + 1])
        const label = isBeforeValue ? labelOf(part) : undefined
        const name = label ?? (part?.kind === 'field' ? part.name : '')
        if (namesSecret(name)) tellShape(sink, 'secret-in-log', call, name)
      }
    }
  },
}

/** `"Failed to parse token: " + exception` */
const tellsOfFailure =
  /fail|error|invalid|unable|cannot|can't|could|missing|expire|unexpected|wrong|unknown|\bno\b|\bnot\b/i

function labelOf(part: Value | undefined): string | undefined {
  const words = part?.kind === 'text' ? part.text.slice(-80) : ''
  if (!/[:=>s"'[({]\s*$/.test(words) || tellsOfFailure.test(words)) return undefined
  return /([A-Za-z_][\w .-]{0,60}?)(?:\s+is)?\s*(?:[:=]|=>|->|\bis\b)\s*["'[({]?$/.exec(words)?.[1]
}

/** A text of the program that is no constant; numbers that are appended tell lengths and ids. */
function isTextValue(part: Value | undefined): boolean {
  if (part === undefined || part.kind === 'field') return true
  if (part.kind === 'joined') {
    const parts = part.parts.slice(0, part.count)
    return parts.some((each) => each?.kind !== 'text' && each?.kind !== 'number')
  }
  if (part.kind !== 'made') return false
  return (
    !/append\([^L[]/.test(part.by) && !/->(length|size|hashCode|isEmpty|getClass)$/.test(part.by)
  )
}
