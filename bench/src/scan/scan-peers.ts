import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { findProgram } from '../process/find-program.ts'
import { sallyportCommand } from '../site/prepare-site.ts'

/** What reads a package, as a whole process. */
export type ScanPeer = {
  readonly name: string
  /** What it does of the work. */
  readonly about: string
  /** Undefined where it is not installed. */
  readonly command: (file: string) => readonly string[] | undefined
  readonly codes?: readonly number[]
  /** Whether it is run on large packages too: some take an hour, or all the memory there is. */
  readonly takesLarge: boolean
  readonly install: string
  readonly cleanUp?: () => void
}

const inflateModule = fileURLToPath(new URL('./inflate-process.js', import.meta.url))
const decoded = path.join(tmpdir(), `sallyport-bench-${process.pid}-apktool`)

export const inflation: ScanPeer = {
  name: 'plain inflation',
  about: 'every entry inflated, on Node.js',
  command: (file) => [process.execPath, inflateModule, file],
  takesLarge: true,
  install: 'npm ci',
}

export const scanner: ScanPeer = {
  name: 'sallyport scan',
  about: 'every rule, report as JSON',
  command: (file) => [process.execPath, sallyportCommand, 'scan', '--format', 'json', file],
  // 1: it found something.
  codes: [0, 1],
  takesLarge: true,
  install: 'npm ci',
}

export const others: readonly ScanPeer[] = [
  {
    name: 'apktool d',
    about: 'resources and code decoded into a folder',
    command: (file) => {
      const program = findProgram('apktool')
      return program === undefined ? undefined : [program, '-q', 'd', '-f', '-o', decoded, file]
    },
    takesLarge: false,
    install: 'apt-get install apktool',
    cleanUp: () => rmSync(decoded, { recursive: true, force: true }),
  },
  {
    name: 'androguard',
    about: 'AnalyzeAPK: manifest, code, cross-references',
    command: (file) => {
      const program = findProgram('androguard')
      if (program === undefined) return undefined
      const lines = 'import sys; from androguard.misc import AnalyzeAPK; AnalyzeAPK(sys.argv[1])'
      // The interpreter that it is installed for.
      return [path.join(path.dirname(program), 'python3'), '-c', lines, file]
    },
    takesLarge: false,
    install: 'apt-get install androguard',
  },
]
