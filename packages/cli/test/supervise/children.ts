import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { ChildOptions } from '../../src/supervise/child-process.ts'

/** Options for a child that runs this JavaScript. */
export function childRunning(script: string): ChildOptions {
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-child-'))
  const module = path.join(directory, 'child.mjs')
  writeFileSync(module, script)
  return {
    name: 'child',
    module,
    args: [],
    environment: process.env,
    stdout: 'ignore',
    stderr: 'inherit',
    readyTimeoutMs: 10_000,
  }
}

export const sayReady = `process.send({ kind: 'ready', facts: { pid: process.pid } });`
