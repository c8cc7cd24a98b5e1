import { textOf, type Value } from '../values.ts'
import { type CallShape, type SeenCall, tellShape } from './call-shape.ts'
import type { Sink } from '../../sink.ts'

/** MODE_WORLD_READABLE is 1, MODE_WORLD_WRITEABLE is 2. */
const worldModes = 3

/** `openFileOutput(name, MODE_WORLD_READABLE)` and its like. Whose class it is called of, differs. */
export const worldReadable: CallShape = {
  names: ['openFileOutput', 'getSharedPreferences', 'openOrCreateDatabase', 'getDir'],
  signature: /^\(Ljava\/lang\/String;I/,
  look: (call, sink) => {
    const [, name, mode] = call.passed
    if (mode?.kind !== 'number' || (mode.number & worldModes) === 0 || mode.number > 0xffff) return
    tellShape(sink, 'world-readable', call, textOf(name)?.text ?? call.method.name)
  },
}

const shared = new Set([
  'Landroid/os/Environment;->getExternalStorageDirectory',
  'Landroid/os/Environment;->getExternalStoragePublicDirectory',
])

/** A file that is written where other apps read: the path comes from Environment. */
export const writesToSharedStorage: CallShape = {
  names: ['<init>'],
  owners: ['FileOutputStream', 'FileWriter', 'RandomAccessFile', 'PrintWriter'].map(
    (name) => `Ljava/io/${name};`,
  ),
  look: lookAtPath,
}

function lookAtPath(call: SeenCall, sink: Sink): void {
  const [, file, mode] = call.passed
  if (call.method.owner === 'Ljava/io/RandomAccessFile;' && textOf(mode)?.text === 'r') return
  if (!comesFrom(file, 8)) return
  tellShape(sink, 'writes-shared-storage', call, lastTextOf(file) ?? '')
}

function comesFrom(value: Value | undefined, depth: number): boolean {
  if (value === undefined || depth === 0) return false
  if (value.kind === 'joined')
    return value.parts.slice(0, value.count).some((part) => comesFrom(part, depth - 1))
  if (value.kind !== 'made') return false
  return shared.has(value.by) || value.of.some((part) => comesFrom(part, depth - 1))
}

function lastTextOf(value: Value | undefined): string | undefined {
  if (value?.kind !== 'made') return undefined
  return value.of.map((each) => textOf(each)?.text).findLast((text) => text !== undefined)
}
