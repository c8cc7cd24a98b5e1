import type { Flow } from '../../code/flow.ts'
import { alwaysProceeds, isOnReceivedSslError } from '../../code/proceeds.ts'
import { isCheckServerTrusted, trustOf } from '../../code/trust.ts'
import type { CodeShapeName } from '../code-shapes.ts'
import type { MethodReference } from '../references.ts'
import { isAlwaysTrue, isVerifyOfHostname } from './hostname-verifier.ts'
import { bodyOf, flowOf, type MethodBody } from './method-body.ts'

type Within = Pick<MethodBody, 'dex' | 'references' | 'codeOf'>

function ofFlow(shapeOf: (flow: Flow) => CodeShapeName | undefined) {
  return (within: Within, id: number) => {
    const body = bodyOf(within, id)
    return body && shapeOf(flowOf(body))
  }
}

/** Methods that a class must have to be asked at all, and whether theirs does nothing of the kind. */
const classShapes: readonly {
  readonly name: string
  readonly is: (method: MethodReference) => boolean
  readonly shapeOf: (within: Within, id: number) => CodeShapeName | undefined
}[] = [
  { name: 'checkServerTrusted', is: isCheckServerTrusted, shapeOf: ofFlow(trustOf) },
  {
    name: 'verify',
    is: isVerifyOfHostname,
    shapeOf: (within, id) => (isAlwaysTrue(within, id) ? 'accepts-every-name' : undefined),
  },
  {
    name: 'onReceivedSslError',
    is: isOnReceivedSslError,
    shapeOf: ofFlow((flow) => (alwaysProceeds(flow) ? 'always-proceeds' : undefined)),
  },
]

const names = new Set(classShapes.map(({ name }) => name))

/** Whether methods of this name have bodies that a shape looks at. */
export function isNameOfClassShape(name: string): boolean {
  return names.has(name)
}

/** The shape that the body of a method has. @param id of the method */
export function classShapeOf(within: Within, id: number): CodeShapeName | undefined {
  const method = within.references.method(id)
  return classShapes.find(({ is }) => is(method))?.shapeOf(within, id)
}
