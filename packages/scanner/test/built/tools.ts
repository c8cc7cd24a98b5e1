import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import type { TestContext } from 'node:test'

/** Of Debian's android-framework-res: what aapt2 links against. */
export const framework = '/usr/share/android-framework-res/framework-res.apk'

const lookedFor = {
  aapt2: ['aapt2'],
  aapt: ['aapt'],
  smali: ['smali'],
  apksigner: ['apksigner'],
  keytool: ['keytool'],
  clang: ['clang', 'clang-14'],
  'ld.lld': ['ld.lld', 'ld.lld-14'],
  'ld64.lld': ['ld64.lld', 'ld64.lld-14'],
  // Of the npm package hermes-compiler.
  hermesc: ['hermesc'],
} as const
export type Tool = keyof typeof lookedFor

/** The absolute path of a tool; undefined where it is not installed. */
export function findTool(tool: Tool): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter)
  for (const name of lookedFor[tool]) {
    for (const folder of folders) {
      const file = path.join(folder, name)
      if (path.isAbsolute(file) && existsSync(file)) return file
    }
  }
  return undefined
}

/** Whether a test can go on; otherwise it is skipped with a printed reason, and fails in CI. */
export function hasTools(t: TestContext, tools: readonly Tool[]): boolean {
  const missing: string[] = tools.filter((tool) => findTool(tool) === undefined)
  if (tools.includes('aapt2') && !existsSync(framework)) missing.push('android-framework-res')
  if (missing.length === 0) return true
  const why = `${missing.join(', ')} not installed`
  if (process.env['CI'] !== undefined) throw new Error(why)
  t.skip(why)
  return false
}

/** @throws Error with all that the tool said where it fails */
export function runTool(tool: Tool, args: readonly string[], cwd: string): Buffer {
  const file = findTool(tool)
  if (file === undefined) throw new Error(`${tool} is not installed`)
  return execFileSync(file, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
}
