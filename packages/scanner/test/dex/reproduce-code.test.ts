import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { codeLines } from '../../src/dex/reproduce-code.ts'
import { defaultLimits, scan } from '../../src/index.ts'
import { lacksProgram } from '../lacks-program.ts'
import { makeZip } from '../make-zip.ts'
import { fixture } from './assembled.ts'

const settings = { submittedAt: new Date(0), releaseWindowDays: 60, limits: defaultLimits }

/** What the lines of every finding about code print, by the title of the finding. */
async function shown(name: string, bytes: Buffer): Promise<Map<string, string>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'code-'))
  try {
    const file = path.join(folder, 'app.zip')
    await writeFile(file, makeZip([{ name: 'in.zip', bytes: makeZip([{ name, bytes }]) }]))
    const { findings } = await scan(file, settings)
    const printed = new Map<string, string>()
    for (const { title, reproduce = [] } of findings) {
      const script = reproduce.join('\n').replaceAll('PACKAGE', file)
      const run = execFileSync('sh', ['-c', script], { cwd: folder, encoding: 'utf8' })
      printed.set(title, run)
    }
    return printed
  } finally {
    await rm(folder, { recursive: true })
  }
}

test('the lines of a finding about DEX show the method that it is about', async (t) => {
  if (lacksProgram('unzip', t) || lacksProgram('baksmali', t)) return
  const printed = await shown('classes.dex', fixture('tls'))
  assert.ok(printed.size > 3)
  for (const [title, text] of printed) assert.match(text, /\.method .*\(/, title)
  assert.ok([...printed.values()].some((text) => /checkServerTrusted\(.*\n/.test(text)))
})

test('the lines of a finding about a class file show its methods', async (t) => {
  if (lacksProgram('unzip', t) || lacksProgram('javap', t)) return
  const bytes = await readFile(
    path.join(import.meta.dirname, '../../../test/jvm/fixtures/Tls$Trusts.class'),
  )
  const printed = await shown('com/bank/Tls$Trusts.class', bytes)
  assert.equal(printed.size, 1)
  for (const text of printed.values()) assert.match(text, /checkServerTrusted[^]*0: return/)
})

test('names that no compiler gives come into no line', () => {
  for (const within of ['La;b->c(', "La'b;->c()V", 'La`id`;->c()V', 'La b;->c()V', '']) {
    const lines = codeLines({ path: 'classes.dex', within })
    assert.doesNotMatch(lines.join('\n'), /`|\$\(|a'b|a b/, within)
  }
  const [first] = codeLines({ path: "a'; id; '.dex", within: 'La;->b()V' })
  assert.equal(first, "unzip -p PACKAGE 'a?; id; ?.dex' > found")
})
