import type { Sink } from '../../sink.ts'
import type { CodeShapeName } from '../code-shapes.ts'
import type { LaterValues } from '../later-values.ts'
import type { Call, Trace } from '../trace.ts'

/** A call, and where it stands. */
export type SeenCall = Call & {
  /** Descriptor of the class whose code calls. */
  readonly caller: string
  /** The method that calls, with its signature. */
  readonly within: string
  readonly path: string
  readonly trace: Trace
  /** Of the method that calls. */
  readonly methodId: number
  /** Takes arguments that may turn out to be constants. */
  readonly later: LaterValues
}

/** Something that is told by a call and what is passed to it. */
export type CallShape = {
  /** Of the method that is called; empty: any, where obfuscation renames it. */
  readonly names: readonly string[]
  /** Descriptors of its class. Undefined: any, since what is inherited is called by the name of the heir. */
  readonly owners?: readonly string[]
  readonly signature?: RegExp
  readonly look: (call: SeenCall, sink: Sink) => void
}

export function tellShape(
  sink: Sink,
  shape: CodeShapeName,
  { caller, within, path, at }: Pick<SeenCall, 'caller' | 'within' | 'path' | 'at'>,
  subject: string,
): void {
  const location = { path, offset: at, within }
  sink.fact('codeShapes', { shape, owner: caller, method: within, subject, location })
}
