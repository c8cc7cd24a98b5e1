import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

const version = '4.12.0'
const jars = [`okhttp-${version}.jar`, 'okio-jvm-3.6.0.jar', 'kotlin-stdlib-1.9.22.jar']
const cache = process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache')
const classPath = jars.map((jar) => path.join(cache, 'sallyport-ci', `okhttp-${version}`, jar))

function findMissing(): string | false {
  const jar = classPath.find((each) => !existsSync(each))
  // There .ci/run fetches them, and a test that skips would go unnoticed.
  if (jar === undefined || process.env['CI'] === 'true') return false
  return `OkHttp is not here: .ci/run fetches ${jar}`
}

/** Why tests against OkHttp are skipped, or false. */
export const noOkHttp: string | false = findMissing()

/** Compiles sources, by path, with OkHttp, and runs a class of them; what it printed. */
export async function runJava(
  folder: string,
  sources: Readonly<Record<string, string>>,
  main: string,
  args: readonly string[],
): Promise<string> {
  const files = Object.entries(sources).map(([name, text]) => {
    const file = path.join(folder, name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, text)
    return file
  })
  const out = path.join(folder, 'classes')
  await run('javac', [
    '-encoding',
    'UTF-8',
    '-cp',
    classPath.join(':'),
    '-d',
    out,
    '-Xlint:all',
    '-Werror',
    ...files,
  ])
  const { stdout } = await run('java', ['-cp', [out, ...classPath].join(':'), main, ...args])
  return stdout
}
