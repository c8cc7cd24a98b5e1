import type { Sink } from '../sink.ts'
import { affords, codeItemAt } from './code-item.ts'
import { classesOf } from './dex-classes.ts'
import type { DexFile } from './dex-file.ts'
import { constantsOfFields, fieldKey } from './field-constants.ts'
import { invokedBy } from './invoked-by.ts'
import type { References } from './references.ts'
import type { SeenCall } from './shapes/call-shape.ts'
import { type SecretPurpose, tellSecret } from './shapes/secret-arguments.ts'
import { traceCode } from './trace.ts'
import { textOf, type Value } from './values.ts'

/** Uses that are kept of one DEX, and methods whose callers are looked for. */
const most = { uses: 2_000, methods: 256 }

type Place = Pick<SeenCall, 'caller' | 'within' | 'path' | 'at'>

type Use = Place & {
  readonly purpose: SecretPurpose
  readonly algorithm: string | undefined
  readonly value: Value
}

/** A parameter that a secret comes in by. */
type Gate = {
  readonly parameter: number
  readonly purpose: SecretPurpose
  readonly algorithm: string | undefined
}

/**
 * Arguments that are no constant where they are passed, and may be one elsewhere in the same DEX: a field that its class
 * gives a constant to, or a parameter that a caller passes one for. One step of callers is followed, and one of fields.
 */
export class LaterValues {
  private readonly uses: Use[] = []
  private readonly gates = new Map<number, Gate[]>()

  /** @param index of the argument, with the object as 0 */
  take(call: SeenCall, index: number, purpose: SecretPurpose): void {
    const { caller, within, path, at } = call
    const last = call.passed.at(-1)
    const algorithm =
      purpose === 'key' && last?.kind === 'text' ? last.text.slice(0, 40) : undefined
    const value = call.passed[index]
    if (value !== undefined) {
      this.add({ caller, within, path, at, purpose, algorithm, value })
      return
    }
    const parameter = call.parameters[index]
    if (parameter === undefined) return
    const known = this.gates.get(call.methodId)
    if (known !== undefined) known.push({ parameter, purpose, algorithm })
    else if (this.gates.size < most.methods) {
      this.gates.set(call.methodId, [{ parameter, purpose, algorithm }])
    }
  }

  /** Once all of the DEX was read. */
  tell(dex: DexFile, references: References, path: string, sink: Sink): void {
    this.followCallers(dex, references, path)
    const fields = new Set<string>()
    for (const { value } of this.uses) {
      const root = rootOf(value)
      if (root?.kind === 'field') fields.add(fieldKey(root))
    }
    const constants = constantsOfFields(dex, references, fields)
    for (const { value, purpose, algorithm, ...place } of this.uses) {
      const root = rootOf(value)
      const found = root?.kind === 'field' ? rootOf(constants.get(fieldKey(root))) : root
      if (found === undefined || found.kind === 'field') continue
      tellSecret(sink, found, purpose, place, algorithm)
    }
  }

  private add(use: Use): void {
    if (this.uses.length < most.uses) this.uses.push(use)
  }

  private followCallers(dex: DexFile, references: References, path: string): void {
    if (this.gates.size === 0) return
    for (const { type, methods } of classesOf(dex)) {
      for (const { id, code: offset } of methods) {
        const code = codeItemAt(dex, offset)
        if (code === undefined) continue
        if (!affords(dex, code, 'codeBytes')) return
        if (!invokedBy(dex, code, this.gates) || !affords(dex, code, 'walkedBytes')) continue
        const place = { caller: references.type(type), within: references.methodName(id), path }
        for (const { id: called, passed, at } of traceCode(dex, code, references).calls) {
          for (const { parameter, purpose, algorithm } of this.gates.get(called) ?? []) {
            const value = passed[parameter]
            if (value !== undefined) this.add({ ...place, at, purpose, algorithm, value })
          }
        }
      }
    }
  }
}

/** What gives a key of what is passed, and which argument that is. */
const derivations: Readonly<Record<string, number>> = {
  'Landroid/util/Base64;->decode': 0,
  'Ljava/util/Base64$Decoder;->decode': 1,
  'Ljava/util/Arrays;->copyOf': 0,
  'Ljava/util/Arrays;->copyOfRange': 0,
  'Ljava/security/MessageDigest;->digest': 1,
}

/** Hex or base64 of 16 bytes or more, as nothing but a key is passed to a method of one argument that gives bytes. */
const encodedKey = /^(?:(?:[\dA-Fa-f]{2}){16,64}|[\w+/-]{22,88}={0,2})$/

/** What a value was made of, as far as that keeps it a secret. */
function rootOf(value: Value | undefined, depth = 5): Value | undefined {
  if (value === undefined || depth === 0) return undefined
  if (value.kind === 'characters') return rootOf(value.of, depth - 1)
  if (value.kind === 'field') return value
  if (value.kind !== 'made') {
    const isKnown = value.kind === 'array' || textOf(value) !== undefined
    return isKnown && value.kind !== 'number' ? value : undefined
  }
  const index = Object.hasOwn(derivations, value.by) ? derivations[value.by] : undefined
  if (index !== undefined) return rootOf(value.of[index], depth - 1)
  const known = value.of.filter((each) => each !== undefined)
  const [only] = known
  const text = known.length === 1 ? textOf(only) : undefined
  return text !== undefined && encodedKey.test(text.text) ? only : undefined
}
