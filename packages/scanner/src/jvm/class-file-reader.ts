import type { ContentReader } from '../content/content-reader.ts'
import type { CodeShapeName } from '../dex/code-shapes.ts'
import { decodeMutf8, mutf8Bytes } from '../dex/mutf8.ts'
import { passwordWeights, tellPassword } from '../dex/shapes/keystore-use.ts'
import type { Sink } from '../sink.ts'
import { lastStart } from '../strings/last-start.ts'
import { type ClassFile, isClassFile, readClassFile } from './class-file.ts'

/** Compiled Java of JAR and AAR: its texts, and the plainest of the shapes that DEX is read for. */
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

/** Whole bodies of methods, in hex. A name that is not given is any: the body of a lambda is a method of its own, and used. */
const shapes: readonly {
  readonly shape: CodeShapeName
  readonly name?: string
  readonly descriptor: RegExp
  readonly body: RegExp
}[] = [
  {
    shape: 'trusts-every-certificate',
    name: 'checkServerTrusted',
    descriptor: /^\(\[Ljava\/security\/cert\/X509Certificate;Ljava\/lang\/String;.*\)V$/,
    body: /^b1$/, // return
  },
  {
    shape: 'accepts-every-name',
    descriptor: /^\(Ljava\/lang\/String;Ljavax\/net\/ssl\/SSLSession;\)Z$/,
    body: /^04ac$/, // iconst_1, ireturn
  },
  {
    shape: 'always-proceeds',
    name: 'onReceivedSslError',
    descriptor: /^\(Landroid\/webkit\/WebView;Landroid\/webkit\/SslErrorHandler;/,
    body: /^2cb6....b1$/, // aload_2, invokevirtual, return
  },
]

/** Longer bodies are none of these. */
const maxBodyBytes = 8

function tellShapes(file: ClassFile, bytes: Buffer, path: string, sink: Sink): void {
  const owner = `L${file.name};`
  for (const { name, descriptor, code } of file.methods) {
    if (code === undefined || code.end - code.start > maxBodyBytes) continue
    const body = bytes.toString('hex', code.start, code.end)
    const found = shapes.find(
      (each) =>
        (each.name ?? name) === name && each.descriptor.test(descriptor) && each.body.test(body),
    )
    if (found === undefined) continue
    if (found.shape === 'always-proceeds' && !proceeds(file, bytes, code.start + 2)) continue
    const method = `${owner}->${name}${descriptor}`
    const location = { path, offset: code.start, within: method }
    if (found.name !== name && name !== 'verify') {
      sink.fact('typeUses', { by: new Map([[owner, [method]]]) })
    }
    sink.fact('codeShapes', { shape: found.shape, owner, method, subject: '', location })
  }
}

/** @param at of the index of the method that is called */
function proceeds({ references }: ClassFile, bytes: Buffer, at: number): boolean {
  const called = references.get(bytes.readUInt16BE(at))
  return called?.owner === 'android/webkit/SslErrorHandler' && called.name === 'proceed'
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
