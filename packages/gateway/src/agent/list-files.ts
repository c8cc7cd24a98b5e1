import { mkdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { replaceFile } from '@sallyport/pki'

/** By whatever account HAProxy runs under: no secret is among them. */
const readableByHaproxy = 0o644

/** The files that HAProxy starts with, in one folder. */
export class ListFiles {
  readonly #directory: string
  /** What is on disk by now, also after a power cut, by the name of the file. */
  readonly #onDisk = new Map<string, string>()

  constructor(directory: string) {
    this.#directory = directory
  }

  /** As HAProxy's configuration names it. */
  pathOf(name: string): string {
    return path.join(this.#directory, name)
  }

  async make(): Promise<void> {
    await mkdir(this.#directory, { recursive: true })
  }

  /** Has files say something; durable where they do not yet, and where one was removed. All of it is ASCII. */
  async keep(texts: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, text] of Object.entries(texts)) {
      const file = this.pathOf(name)
      if (this.#onDisk.get(name) === text && (await sizeOf(file)) === text.length) continue
      await replaceFile(file, text, { mode: readableByHaproxy })
      this.#onDisk.set(name, text)
    }
  }

  /** What holds for a moment alone: it need not outlast a power cut. */
  async note(texts: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, text] of Object.entries(texts)) {
      await replaceFile(this.pathOf(name), text, { mode: readableByHaproxy, isDurable: false })
    }
  }
}

async function sizeOf(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).size
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
