import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { ZipFile, ZipMaker } from './zip-file.ts'

const run = promisify(execFile)

export type ScannedPackage = {
  readonly name: string
  readonly file: string
  readonly megabytes: number
  /** Seconds from the start of the command to its end. */
  readonly limitSeconds: number
}

/** A real one of about 18 MB, with sixteen DEX files; Apache-2.0. */
const source = {
  module: 'appium-uiautomator2-server@10.6.6',
  archive: 'appium-uiautomator2-server-10.6.6.tgz',
  file: 'package/apks/appium-uiautomator2-server-v10.6.6.apk',
}
const largeBytes = 300e6

/**
 * Fetched and made once, and kept.
 *
 * @throws Error where the registry cannot be reached
 */
export async function scannedPackages(say: (line: string) => void): Promise<ScannedPackage[]> {
  const cache = process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache')
  const folder = path.join(cache, 'sallyport-bench')
  mkdirSync(folder, { recursive: true })
  const real = path.join(folder, path.basename(source.file))
  if (!existsSync(real)) {
    say(`fetching ${source.module}`)
    await run('npm', ['pack', '--silent', source.module], { cwd: folder })
    await run('tar', ['-xzf', source.archive, source.file], { cwd: folder })
    renameSync(path.join(folder, source.file), real)
  }
  const large = path.join(folder, 'large.apk')
  if (!existsSync(large)) {
    say('making the large package')
    enlarge(real, `${large}.new`)
    renameSync(`${large}.new`, large)
  }
  return [
    { name: 'a real APK', file: real, megabytes: megabytes(real), limitSeconds: 2 },
    { name: 'its entries many times', file: large, megabytes: megabytes(large), limitSeconds: 25 },
  ]
}

/** The entries again and again, each time in a folder of their own; what tells the format is there once. */
function enlarge(file: string, into: string): void {
  const archive = new ZipFile(file)
  const made = new ZipMaker(into)
  for (let round = 0; made.bytes < largeBytes; round++) {
    for (const entry of archive.entries) {
      if (made.bytes >= largeBytes) break
      const name = entry.name.toString()
      made.add(round === 0 ? name : `assets/${round}/${name}`, entry, archive.compressed(entry))
    }
  }
  made.close()
  archive.close()
}

const megabytes = (file: string): number => statSync(file).size / 1e6
