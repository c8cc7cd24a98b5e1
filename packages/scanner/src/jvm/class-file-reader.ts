import type { ContentReader } from '../content/content-reader.ts'
import type { Called, Flow } from '../code/flow.ts'
import { alwaysProceeds, isOnReceivedSslError } from '../code/proceeds.ts'
import { isCheckServerTrusted, trustOf } from '../code/trust.ts'
import type { CodeShapeName } from '../dex/code-shapes.ts'
import { decodeMutf8, mutf8Bytes } from '../dex/mutf8.ts'
import { passwordWeights, tellPassword } from '../dex/shapes/keystore-use.ts'
import type { Sink } from '../sink.ts'
import { lastStart } from '../strings/last-start.ts'
import { isAlwaysTrue } from './always-true.ts'
import { type ClassFile, type ClassMethod, isClassFile, readClassFile } from './class-file.ts'
import { type Bodies, bodiesOf, flowOf } from './method-flow.ts'

/** Compiled Java of JAR and AAR: its texts, and the shapes of whole methods that DEX is read for. */
export const classFileReader: ContentReader = {
  name: 'class file',
  takes: isClassFile,
  read: (bytes, { path }, sink) => {
    const file = readClassFile(bytes)
    tellTexts(file, bytes, path, sink)
    tellShapes(file, bytes, path, sink)
    tellUses(file, sink)
  },
}

function tellTexts(
  { texts, references }: ClassFile,
  bytes: Buffer,
  path: string,
  sink: Sink,
): void {
  const starts: number[] = []
  let text = ''
  const opensKeystore = [...references.values()].some(
    ({ owner, name }) =>
      owner === 'java/security/KeyStore' && (name === 'load' || name === 'getKey'),
  )
  for (const { start, end } of texts) {
    starts.push(text.length)
    const each = decodeMutf8(bytes, start, end)
    text += `${each}\n`
    if (opensKeystore) tellPassword(sink, each, passwordWeights.sameClass)
  }
  sink.text({
    path,
    source: 'code-strings',
    text,
    encoding: 'mutf8',
    offsetAt: (index) => {
      const which = lastStart(starts.length, (each) => starts[each] as number, index)
      return (texts[which]?.start ?? 0) + mutf8Bytes(text, starts[which] ?? 0, index)
    },
  })
}

/** Shapes of whole methods: those of DEX, asked of the same description of a body where there is one. */
const shapes: readonly {
  readonly is: (method: Called) => boolean
  readonly shapeOf: (bodies: Bodies, method: ClassMethod) => CodeShapeName | undefined
}[] = [
  { is: isCheckServerTrusted, shapeOf: ofFlow(trustOf) },
  {
    // Of any name: the body of a lambda is a method of its own, and used.
    is: ({ signature }) => signature === '(Ljava/lang/String;Ljavax/net/ssl/SSLSession;)Z',
    shapeOf: (bodies, method) => (isAlwaysTrue(bodies, method) ? 'accepts-every-name' : undefined),
  },
  {
    is: isOnReceivedSslError,
    shapeOf: ofFlow((flow) => (alwaysProceeds(flow) ? 'always-proceeds' : undefined)),
  },
]

function ofFlow(shapeOf: (flow: Flow) => CodeShapeName | undefined) {
  return (bodies: Bodies, method: ClassMethod) => {
    const flow = flowOf(bodies, method)
    return flow && shapeOf(flow)
  }
}

function tellShapes(file: ClassFile, bytes: Buffer, path: string, sink: Sink): void {
  const owner = `L${file.name};`
  const bodies = bodiesOf(file, bytes)
  for (const each of file.methods) {
    const { name, descriptor, code } = each
    const found = shapes.find(({ is }) => is({ owner, name, signature: descriptor }))
    const shape = code && found?.shapeOf(bodies, each)
    if (code === undefined || shape === undefined) continue
    const method = `${owner}->${name}${descriptor}`
    const location = { path, offset: code.start, within: method }
    if (shape === 'accepts-every-name' && name !== 'verify') {
      sink.fact('typeUses', { by: new Map([[owner, [method]]]) })
    }
    sink.fact('codeShapes', { shape, owner, method, subject: '', location })
  }
}

/** Classes that this one makes. A verifier that is a lambda is made by its own class. */
function tellUses({ name, superName, references }: ClassFile, sink: Sink): void {
  const made = [...references.values()].filter(
    (each) =>
      each.name === '<init>' &&
      each.owner !== name &&
      each.owner !== superName &&
      !/^(java|android)\//.test(each.owner),
  )
  if (made.length === 0) return
  const by = new Map(made.map(({ owner }) => [`L${owner};`, [`L${name};->`]]))
  sink.fact('typeUses', { by })
}
