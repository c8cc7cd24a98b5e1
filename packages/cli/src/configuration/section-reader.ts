import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Problem } from '@sallyport/problem'
import { roleEnvironment } from '../supervise/role-environment.ts'
import { keepTopLevel } from './top-level.ts'

const thisFile = fileURLToPath(import.meta.url)
const maxConfigBytes = 4 * 1024 * 1024

/**
 * The text of a configuration file, reduced to some of its top-level members by a process of its own,
 * so that what else stands in the file was never in the memory of this one.
 *
 * @throws Problem `config_unreadable`, `config_invalid`
 */
export async function readSections(file: string, keys: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [thisFile, file, ...keys], {
    env: roleEnvironment(process.env),
    maxBuffer: 2 * maxConfigBytes,
    timeout: 30_000,
  })
  const answer = JSON.parse(stdout) as { text: string } | { problem: Told }
  if ('text' in answer) return answer.text
  const { code, ...facts } = answer.problem
  throw new Problem(code, facts)
}

type Told = {
  code: 'config_invalid' | 'config_unreadable'
  detail: string
  expected?: string
  found?: string
}

/** What the other process does: one JSON line on stdout. */
function answer(file: string, keys: readonly string[]): { text: string } | { problem: Told } {
  try {
    return { text: keepTopLevel(file, readFileSync(file, 'utf8'), new Set(keys)) }
  } catch (error) {
    if (error instanceof Problem && error.code === 'config_invalid') {
      const { code, detail = '', expected = '', found = '' } = error
      return { problem: { code, detail, expected, found } }
    }
    const said = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    return { problem: { code: 'config_unreadable', detail: `${file}: ${said}` } }
  }
}

if (process.argv[1] === thisFile) {
  const [file = '', ...keys] = process.argv.slice(2)
  process.stdout.write(JSON.stringify(answer(file, keys)))
}
