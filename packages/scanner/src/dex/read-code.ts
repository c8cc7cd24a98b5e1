import type { Sink } from '../sink.ts'
import { boundedSink } from './bounded-sink.ts'
import { BuiltByCode } from './built-by-code.ts'
import { callShapesOf } from './call-shapes.ts'
import { affords, type CodeItem, codeItemAt } from './code-item.ts'
import { classesOf, type DexClass, type DexMethod } from './dex-classes.ts'
import type { DexFile } from './dex-file.ts'
import { LaterValues } from './later-values.ts'
import { tellNamedConstant } from './named-constants.ts'
import { References } from './references.ts'
import { type SeenCall, tellShape } from './shapes/call-shape.ts'
import { classShapeOf } from './shapes/class-shapes.ts'
import { passwordWeights, tellKeystoreUse, tellPassword } from './shapes/keystore-use.ts'
import { switchesChecksOff } from './shapes/ready-made.ts'
import { staticTexts } from './static-values.ts'
import { Mark, type Survey, surveyOf } from './survey.ts'
import { surveyCode } from './survey-code.ts'
import { type Trace, traceCode } from './trace.ts'
import { tellTypeUses } from './type-uses.ts'
import { textOf } from './values.ts'

/** One DEX while its code is read. */
type Reading = {
  readonly dex: DexFile
  readonly path: string
  readonly sink: Sink
  readonly references: References
  readonly survey: Survey
  /** Absolute offset of the code of each method, by id. */
  readonly codeOf: Uint32Array
  readonly built: BuiltByCode
  readonly later: LaterValues
}

/**
 * Reads the code of a DEX: runs over all instructions once, and walks those methods that hold what is looked at.
 * Tells facts; what they mean is for the judge, who knows whose code it is.
 */
export function readCode(
  dex: DexFile,
  path: string,
  whole: Sink,
  told: (why: string) => void,
): void {
  const references = new References(dex)
  const { sink, end } = boundedSink(whole, told)
  const reading: Reading = {
    dex,
    path,
    sink,
    references,
    codeOf: codeByMethod(dex),
    survey: surveyOf(dex, references),
    later: new LaterValues(),
    built: new BuiltByCode(path, sink, 2 * dex.bytes.length),
  }
  const defined = new Set<number>()
  const shaped = new Set<number>()
  for (const each of classesOf(dex)) {
    defined.add(each.type)
    readClass(reading, each, shaped)
  }
  reading.built.end()
  reading.later.tell(dex, references, path, sink)
  tellTypeUses(reading, defined, shaped)
  end()
  const { members, codeBytes, nameBytes, walkedBytes } = dex.budget
  if (Math.min(members, codeBytes, nameBytes, walkedBytes) <= 0) {
    told('there is more code than a real app has, or it is named again and again: not all was read')
  }
}

function codeByMethod(dex: DexFile): Uint32Array {
  const codeOf = new Uint32Array(dex.methods.count)
  for (const { methods } of classesOf(dex)) for (const { id, code } of methods) codeOf[id] = code
  return codeOf
}

/** @param shaped takes the class’s type where one of its methods has a shape */
function readClass(reading: Reading, each: DexClass, shaped: Set<number>): void {
  const { dex, survey, sink } = reading
  for (const { field, text } of staticTexts(dex, each)) {
    tellNamedConstant(reading, field, text)
    if (((survey.fields[field] ?? 0) & Mark.password) !== 0) {
      tellPassword(sink, text, passwordWeights.namedPassword)
    }
  }
  let opensKeystore = false
  for (const method of each.methods) {
    const code = codeItemAt(dex, method.code)
    if (code === undefined) continue
    if (!affords(dex, code, 'codeBytes')) return
    const isInteresting = surveyCode(dex, code, survey, { type: each.type, method: method.id })
    const mark = survey.methods[method.id] ?? 0
    if ((mark & Mark.body) !== 0) tellBody(reading, each, method, shaped)
    if (isInteresting || (mark & Mark.password) !== 0) {
      opensKeystore = readMethod(reading, each, method, code) || opensKeystore
    }
  }
  if (opensKeystore) tellNeighbours(reading, each)
}

function tellBody(
  { references, path, sink, ...within }: Reading,
  each: DexClass,
  method: DexMethod,
  shaped: Set<number>,
): void {
  const shape = classShapeOf({ ...within, references }, method.id)
  if (shape === undefined) return
  shaped.add(each.type)
  const caller = references.type(each.type)
  const where = { caller, within: references.methodName(method.id), path, at: method.code }
  tellShape(sink, shape, where, '')
}

/** @returns whether it opens a keystore */
function readMethod(
  { dex, path, sink, references, survey, built, later }: Reading,
  each: DexClass,
  method: DexMethod,
  code: CodeItem,
): boolean {
  if (!affords(dex, code, 'walkedBytes')) return false
  const trace = traceCode(dex, code, references)
  const within = references.methodName(method.id)
  const where = { caller: references.type(each.type), within, path }
  for (const call of trace.calls) {
    const seen: SeenCall = { ...call, ...where, trace, methodId: method.id, later }
    for (const shape of callShapesOf(call.method)) shape.look(seen, sink)
  }
  for (const { descriptor, at } of trace.taken) {
    if (switchesChecksOff(descriptor)) {
      tellShape(sink, 'switches-checks-off', { ...where, at }, descriptor)
    }
  }
  for (const { field, value } of trace.puts) {
    const mark = survey.fields[field] ?? 0
    const text = (mark & (Mark.password | Mark.secret)) === 0 ? undefined : textOf(value)?.text
    if (text === undefined) continue
    if ((mark & Mark.password) !== 0) tellPassword(sink, text, passwordWeights.namedPassword)
    if ((mark & Mark.secret) !== 0) tellNamedConstant({ references, path, sink }, field, text)
  }
  if (givesPassword(survey, method, within)) tellTexts(sink, trace)
  built.take(trace, method.code)
  return tellKeystoreUse(trace, within, { path, offset: method.code }, sink)
}

/** `getStorePassword()` */
function givesPassword({ methods }: Survey, { id }: DexMethod, within: string): boolean {
  return ((methods[id] ?? 0) & Mark.password) !== 0 && /\)(Ljava\/lang\/String;|\[C)$/.test(within)
}

function tellTexts(sink: Sink, { texts }: Trace): void {
  for (const { text } of texts) tellPassword(sink, text, passwordWeights.sameMethod)
}

/** The other methods of a class that opens keystores: one of them may give the password. */
function tellNeighbours({ dex, references, sink }: Reading, each: DexClass): void {
  for (const method of each.methods) {
    const code = codeItemAt(dex, method.code)
    if (code === undefined || !affords(dex, code, 'walkedBytes')) continue
    for (const { text } of traceCode(dex, code, references).texts) {
      tellPassword(sink, text, passwordWeights.sameClass)
    }
  }
}
