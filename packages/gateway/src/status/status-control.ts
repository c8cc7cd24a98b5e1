/**
 * What every thread must know at every request, in one small SharedArrayBuffer: the version of the
 * status table, and when the authority was last heard.
 *
 * Time is in seconds of the monotonic clock, which all threads of a process share and which no
 * change of the wall clock moves.
 */
export type StatusControl = {
  readonly buffer: SharedArrayBuffer
  /** Rises with every change of the table. A reader takes it before it looks anything up. */
  readonly version: () => number
  readonly raiseVersion: () => void
  readonly heardSecondsAgo: () => number
  readonly setHeard: (secondsAgo: number) => void
  readonly hasSnapshot: () => boolean
  readonly setSnapshot: () => void
  /** Whether a change came that this version of the gateway does not understand. */
  readonly isIgnorant: () => boolean
  readonly setIgnorant: (isIgnorant: boolean) => void
  /** The authority's clock when it said the last that is applied here: milliseconds. */
  readonly toldUntil: () => number
  readonly setToldUntil: (at: number) => void
}

const cell = { version: 0, heard: 1, snapshot: 2, ignorant: 3 } as const
const cellBytes = 16

export function statusControl(buffer = new SharedArrayBuffer(cellBytes + 8)): StatusControl {
  const cells = new Int32Array(buffer, 0, cellBytes / 4)
  const told = new BigInt64Array(buffer, cellBytes, 1)
  return {
    buffer,
    version: () => Atomics.load(cells, cell.version),
    raiseVersion: () => {
      Atomics.add(cells, cell.version, 1)
    },
    heardSecondsAgo: () => monotonicSeconds() - Atomics.load(cells, cell.heard),
    setHeard: (secondsAgo) => {
      Atomics.store(cells, cell.heard, monotonicSeconds() - Math.floor(secondsAgo))
    },
    hasSnapshot: () => Atomics.load(cells, cell.snapshot) === 1,
    setSnapshot: () => {
      Atomics.store(cells, cell.snapshot, 1)
    },
    isIgnorant: () => Atomics.load(cells, cell.ignorant) === 1,
    setIgnorant: (isIgnorant) => {
      Atomics.store(cells, cell.ignorant, isIgnorant ? 1 : 0)
    },
    toldUntil: () => Number(Atomics.load(told, 0)),
    setToldUntil: (at) => {
      Atomics.store(told, 0, BigInt(Math.floor(at)))
    },
  }
}

function monotonicSeconds(): number {
  return process.hrtime()[0]
}
