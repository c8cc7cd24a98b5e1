import type { Value } from '../values.ts'
import { type CallShape, type SeenCall, tellShape } from './call-shape.ts'
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
    const tag = call.method.owner === printStream ? undefined : tagOf(call)
    if (tag !== undefined) tellShape(sink, 'secret-in-log', call, tag)
    for (const message of call.passed) {
      const parts = message?.kind === 'joined' ? message.parts.slice(0, message.count) : []
      for (const [index, part] of parts.entries()) {
        const isBeforeValue = index + 1 < parts.length && isTextValue(parts[index + 1])
        const label = isBeforeValue ? labelOf(part, isTyped(parts[index + 1])) : undefined
        const name = label ?? (part?.kind === 'field' ? part.name : '')
        if (namesSecret(name)) tellShape(sink, 'secret-in-log', call, name)
      }
    }
  },
}

/** `Log.d("password", password)`: the tag says what the message is. Tags that are names of classes say who logs. */
function tagOf({ passed: [tag, message] }: SeenCall): string | undefined {
  const isName = tag?.kind === 'text' && /^[a-z]/.test(tag.text) && namesSecret(tag.text)
  return isName && isValueAlone(message) ? tag.text : undefined
}

/** `"Failed to parse token: " + exception` */
const tellsOfFailure =
  /fail|error|invalid|unable|cannot|can't|could|missing|expire|unexpected|wrong|unknown|\bno\b|\bnot\b/i

/** More are a sentence, which ends in the name. */
const maxLabelWords = 3

/** @param isTyped nobody types the reason of a failure */
function labelOf(part: Value | undefined, isTyped: boolean): string | undefined {
  const words = part?.kind === 'text' ? part.text.slice(-80) : ''
  if (!/[:=>s"'[({]\s*$/.test(words) || (!isTyped && tellsOfFailure.test(words))) return undefined
  const label = /([A-Za-z_][\w .-]{0,60}?)(?:\s+is)?\s*(?:[:=]|=>|->|\bis\b)\s*["'[({]?$/.exec(
    words,
  )?.[1]
  const named = label?.split(' ') ?? []
  return named.length > maxLabelWords ? named.slice(-2).join(' ') : label
}

/** What a user typed: `editText.getText().toString()`. */
function isTyped(value: Value | undefined, depth = 4): boolean {
  if (value?.kind !== 'made' || depth === 0) return false
  return (
    /Text(?:View)?;->getText$/.test(value.by) || value.of.some((each) => isTyped(each, depth - 1))
  )
}

/** A value that no words are joined to, and that is not the reason of a failure. */
function isValueAlone(message: Value | undefined): boolean {
  if (message?.kind === 'field') return true
  return message?.kind === 'made' && isTextValue(message) && !tellsReason.test(message.by)
}

const tellsReason =
  /->(?:get(?:Localized)?Message|getStackTraceString)$|(?:Exception|Error|Throwable);->/

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
