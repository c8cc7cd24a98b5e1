import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * Gives back what this thread needed to start: a third of what it then holds.
 *
 * V8 makes room for new objects while modules load, and takes it back in full collections alone, which a
 * thread that is idle from then on never comes to. This is one, of some 25 ms, for before anything is served.
 */
export function releaseStartMemory(): void {
  // There is no other way to ask for one: new contexts are given what flags expose (nodejs/node#16595). Flags
  // are of the process, and other threads may be here as well: it stays set.
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as NodeJS.GCFunction
  // Of this flavour, since any other leaves the room for new objects as it is.
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}
