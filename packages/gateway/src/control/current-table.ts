import { createStatusTable, type StatusWriter } from '../status/status-table.ts'

/** The shared table of status that workers read, and those before it that some of them may still read. */
export class CurrentTable {
  #table: StatusWriter = createStatusTable(0)
  readonly #retiring = new Set<StatusWriter>()
  /** Called with a table that workers are to take in place of theirs; resolves when all have. */
  readonly #handOut: (table: SharedArrayBuffer) => Promise<void>

  constructor(handOut: (table: SharedArrayBuffer) => Promise<void>) {
    this.#handOut = handOut
  }

  get buffer(): SharedArrayBuffer {
    return this.#table.buffer
  }

  /** Where it is crowded, another one is to take its place. */
  get isCrowded(): boolean {
    return this.#table.isCrowded()
  }

  set(words: Parameters<StatusWriter['set']>[0], code: number): void {
    for (const retiring of this.#retiring) retiring.set(words, code)
    this.#table.set(words, code)
  }

  /** The one before is kept up to date for as long as some worker may still read it. */
  replace(table: StatusWriter): void {
    this.#retiring.add(this.#table)
    this.#table = table
  }

  handOut(): void {
    const retiring = [...this.#retiring]
    void this.#handOut(this.#table.buffer).then(() => {
      for (const table of retiring) this.#retiring.delete(table)
    })
  }
}
