import type { MethodReference } from './references.ts'
import type { CallShape } from './shapes/call-shape.ts'
import { worldReadable, writesToSharedStorage } from './shapes/files.ts'
import { keyManagers } from './shapes/key-managers.ts'
import { keystoreShapes, turnedToCharacters } from './shapes/keystore-use.ts'
import { okHttpPins } from './shapes/okhttp-pins.ts'
import { oldContext, oldEnabledProtocols, oldOkHttpVersions } from './shapes/old-protocols.ts'
import { insecureFactory } from './shapes/ready-made.ts'
import { secretArgumentShapes } from './shapes/secret-arguments.ts'
import { secretInLog, secretInPreferences } from './shapes/secrets-kept.ts'

/** What is told by a call and its arguments. */
const callShapes: readonly CallShape[] = [
  oldContext,
  oldEnabledProtocols,
  oldOkHttpVersions,
  okHttpPins,
  worldReadable,
  writesToSharedStorage,
  secretInPreferences,
  secretInLog,
  insecureFactory,
  turnedToCharacters,
  keyManagers,
  ...keystoreShapes,
  ...secretArgumentShapes,
]

const named = new Map<string, CallShape[]>()
for (const shape of callShapes) {
  for (const name of shape.names) named.set(name, [...(named.get(name) ?? []), shape])
}
const ofAnyName = callShapes.filter(({ names }) => names.length === 0)
const nothing: readonly CallShape[] = []

/** Of methods that were asked for already: a method is called many times. */
const known = new WeakMap<MethodReference, readonly CallShape[]>()

/** The shapes that look at calls of a method. */
export function callShapesOf(method: MethodReference): readonly CallShape[] {
  let shapes = known.get(method)
  if (shapes === undefined) known.set(method, (shapes = shapesOf(method)))
  return shapes
}

function shapesOf(method: MethodReference): readonly CallShape[] {
  return [...(named.get(method.name) ?? nothing), ...ofAnyName].filter(
    ({ owners, signature }) =>
      owners?.includes(method.owner) !== false && signature?.test(method.signature) !== false,
  )
}

/** Whether calls of a method of this name are looked at: of `any` class, or of `some`. */
export function isLookedAt(name: string): 'any' | 'some' | 'none' {
  const shapes = named.get(name)
  if (shapes === undefined) return 'none'
  return shapes.some(({ owners }) => owners === undefined) ? 'any' : 'some'
}

const owners = new Set(callShapes.flatMap((shape) => shape.owners ?? []))

/** Whether some shape looks at calls of this class by its descriptor. */
export function isLookedAtOwner(descriptor: string): boolean {
  return owners.has(descriptor)
}
