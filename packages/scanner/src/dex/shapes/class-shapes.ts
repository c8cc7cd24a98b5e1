import type { CodeShapeName } from '../code-shapes.ts'
import type { MethodReference } from '../references.ts'
import { isAlwaysTrue, isVerifyOfHostname } from './hostname-verifier.ts'
import type { MethodBody } from './method-body.ts'
import { isCheckServerTrusted, trustOf } from './trust-manager.ts'
import { alwaysProceeds, isOnReceivedSslError } from './web-view-ssl-error.ts'

type Within = Pick<MethodBody, 'dex' | 'references' | 'codeOf'>

/** Methods that a class must have to be asked at all, and whether theirs does nothing of the kind. */
const classShapes: readonly {
  readonly name: string
  readonly is: (method: MethodReference) => boolean
  readonly shapeOf: (within: Within, id: number) => CodeShapeName | undefined
}[] = [
  { name: 'checkServerTrusted', is: isCheckServerTrusted, shapeOf: trustOf },
  {
    name: 'verify',
    is: isVerifyOfHostname,
    shapeOf: (within, id) => (isAlwaysTrue(within, id) ? 'accepts-every-name' : undefined),
  },
  {
    name: 'onReceivedSslError',
    is: isOnReceivedSslError,
    shapeOf: (within, id) => (alwaysProceeds(within, id) ? 'always-proceeds' : undefined),
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
