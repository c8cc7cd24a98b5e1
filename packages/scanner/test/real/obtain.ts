import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import type { Origin, RealPackage } from './packages.ts'

/** Kept between runs, beside what `.ci/run` keeps. */
const cache = path.join(
  process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'),
  'sallyport-ci',
  'real-packages',
)

/** @returns the file, or why there is none. Throws where there is one, and it is another than was pinned. */
export function obtain({ origin, sha256 }: RealPackage): { file: string } | { why: string } {
  const file = path.join(cache, sha256, path.basename(origin.path))
  if (!existsSync(file)) {
    try {
      bring(origin, file)
    } catch (error) {
      return { why: `${nameOf(origin)} is neither cached nor reachable: ${String(error)}` }
    }
  }
  const found = createHash('sha256').update(readFileSync(file)).digest('hex')
  if (found === sha256) return { file }
  rmSync(file)
  if (origin.from === 'Debian') return { why: `${origin.path} is of another version: ${found}` }
  throw new Error(`${nameOf(origin)} has the SHA-256 ${found}, and ${sha256} was expected`)
}

export function nameOf(origin: Origin): string {
  const file = path.basename(origin.path)
  return origin.from === 'Maven Central' ? file : `${file} of ${origin.package}`
}

/** Whole, or not at all: others may be bringing the same one. */
function bring(origin: Origin, file: string): void {
  mkdirSync(path.dirname(file), { recursive: true })
  const folder = mkdtempSync(path.join(path.dirname(file), 'bring-'))
  try {
    renameSync(bringers[origin.from](origin, folder), file)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const bringers: Readonly<Record<Origin['from'], (origin: Origin, folder: string) => string>> = {
  npm: (origin, folder) => {
    const spec = origin.from === 'npm' ? origin.package : ''
    run('npm', ['pack', '--silent', '--fetch-retries=0', spec], folder)
    const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? ''
    run('tar', ['-xzf', tarball], folder)
    return path.join(folder, 'package', origin.path)
  },
  'Maven Central': (origin, folder) => {
    const url = `https://repo1.maven.org/maven2/${origin.path}`
    run('curl', ['--fail', '--silent', '--show-error', '--location', '--output', 'it', url], folder)
    return path.join(folder, 'it')
  },
  Debian: (origin, folder) => {
    run('cp', [origin.path, 'it'], folder)
    return path.join(folder, 'it')
  },
}

function run(program: string, args: readonly string[], cwd: string): void {
  execFileSync(program, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'], timeout: 120_000 })
}
