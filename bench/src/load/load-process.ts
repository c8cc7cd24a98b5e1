/** Makes load in a process of its own, whose CPU time counts for nobody, as its parent asks. */
import type { Load, LoadResult, LoadTarget } from './load.ts'
import { type LoadKind, loads } from './loads.ts'

/** What the parent asks. One load is open at a time. */
export type LoadCommand =
  | { do: 'open'; kind: LoadKind; target: LoadTarget; concurrency: number }
  | { do: 'run'; count: number }
  | { do: 'close' }

export type LoadReply = { ok: true; result?: LoadResult } | { ok: false; error: string }

let load: Load | undefined

async function obey(command: LoadCommand): Promise<LoadReply> {
  try {
    if (command.do === 'open') {
      load = await loads[command.kind](command.target, command.concurrency)
      return { ok: true }
    }
    if (load === undefined) throw new TypeError('no load is open')
    if (command.do === 'run') return { ok: true, result: await load.run(command.count) }
    load.close()
    load = undefined
    return { ok: true }
  } catch (error) {
    return { ok: false, error: String(error) }
  }
}

process.on('message', (command: LoadCommand) => {
  void obey(command).then((reply) => process.send?.(reply))
})
// The parent is gone, and with it whoever wanted load.
process.on('disconnect', () => process.exit())
