import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

// Sources and fixtures stay where they are, while this runs from dist.
export const dexTestFolder = path.join(import.meta.dirname, '../../../test/dex')

/** Names of the folders of `smali/`: each is assembled to one DEX. */
export const fixtureNames = readdirSync(path.join(dexTestFolder, 'smali')).toSorted()

export const fixtureFile = (name: string) => path.join(dexTestFolder, 'fixtures', `${name}.dex`)

/** As it was assembled and kept: tests run where smali is not installed. */
export function fixture(name: string): Buffer {
  return readFileSync(fixtureFile(name))
}

/** @returns undefined where smali is not installed */
export function assemble(name: string): Buffer | undefined {
  const out = mkdtempSync(path.join(tmpdir(), 'smali-'))
  try {
    const file = path.join(out, 'classes.dex')
    const source = path.join(dexTestFolder, 'smali', name)
    // By one job and in this order, since what it writes depends on both.
    const sources = readdirSync(source).toSorted()
    const options = ['--jobs', '1', '--api', '29', '-o', file]
    const run = spawnSync('smali', ['assemble', ...options, ...sources], {
      cwd: source,
      encoding: 'utf8',
    })
    if (run.error !== undefined) return undefined
    if (run.status !== 0) throw new Error(`smali ${source}: ${run.stdout}${run.stderr}`)
    return readFileSync(file)
  } finally {
    rmSync(out, { recursive: true })
  }
}
