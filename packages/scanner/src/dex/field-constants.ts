import { affords, codeItemAt } from './code-item.ts'
import { classesOf, type DexClass } from './dex-classes.ts'
import type { DexFile } from './dex-file.ts'
import type { FieldReference, References } from './references.ts'
import { staticTexts } from './static-values.ts'
import { traceCode } from './trace.ts'
import type { Value } from './values.ts'

/** `Lcom/bank/Vault;->key` */
export function fieldKey({ owner, name }: FieldReference): string {
  return `${owner}->${name}`
}

const initializers = new Set(['<clinit>', '<init>'])

/**
 * The constants that classes give to fields of theirs: as the value of a static field, in `<clinit>`, or in a
 * constructor. Of two, none: nobody knows which it is. What other code puts there later is not asked.
 *
 * @param wanted as `fieldKey`: only the classes of these are read
 */
export function constantsOfFields(
  dex: DexFile,
  references: References,
  wanted: ReadonlySet<string>,
): ReadonlyMap<string, Value> {
  const constants = new Map<string, Value>()
  const ambiguous = new Set<string>()
  if (wanted.size === 0) return constants
  const owners = new Set([...wanted].map((key) => key.slice(0, key.indexOf('->'))))
  const note = (field: number, value: Value) => {
    const key = fieldKey(references.field(field))
    if (!wanted.has(key)) return
    if (constants.has(key)) ambiguous.add(key)
    else constants.set(key, value)
  }
  for (const each of classesOf(dex)) {
    if (!owners.has(references.type(each.type))) continue
    for (const { field, text } of staticTexts(dex, each)) note(field, { kind: 'text', text, at: 0 })
    for (const { field, value } of initialPuts(dex, references, each)) note(field, value)
  }
  for (const key of ambiguous) constants.delete(key)
  return constants
}

function* initialPuts(dex: DexFile, references: References, { methods }: DexClass) {
  for (const { id, code: offset } of methods) {
    if (!initializers.has(references.method(id).name)) continue
    const code = codeItemAt(dex, offset)
    if (code === undefined || !affords(dex, code, 'walkedBytes')) continue
    yield* traceCode(dex, code, references).puts
  }
}
