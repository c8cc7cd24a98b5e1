import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import { commandGroups, commands } from '../../src/commands.ts'

const root = fileURLToPath(new URL('../../../../../', import.meta.url))
/** What the command line has beside the commands' own. */
const common: ReadonlySet<string> = new Set(['--config', '--json', '--help', '--yes', '--version'])

/** What a page names as a command: spans of code, and lines of blocks, that begin with `sallyport`. */
function namedIn(text: string): string[] {
  const spans = [...text.matchAll(/`(?:npx )?(sallyport [^`\n]+)`/g)].map(([, line = '']) => line)
  const lines = [...text.matchAll(/^ *(?:\$ )?(?:npx )?(sallyport .+)$/gm)].map(
    ([, line = '']) => line,
  )
  return [...spans, ...lines].map((line) => line.replace(/ +#.*$| *[|>&;].*$/, ''))
}

/** What is wrong with a line; undefined where it is a command, a group of them, or the beginning of one. */
function faultOf(line: string): string | undefined {
  const words = line
    .replaceAll(/"[^"]*"/g, 'text')
    .split(' ')
    .slice(1)
  const names = words.slice(0, words.findIndex((word) => word.startsWith('-')) >>> 0)
  const command = commands
    .filter(({ name }) => `${names.join(' ')} `.startsWith(`${name} `))
    .toSorted((one, other) => other.name.length - one.name.length)[0]
  const options = words.flatMap((word) => /^(--[a-z-]+)/.exec(word)?.slice(1) ?? [])
  if (command === undefined) {
    return Object.hasOwn(commandGroups, names.join(' ')) ? undefined : 'no such command'
  }
  const own = new Set(
    (command.options ?? []).flatMap(({ flags }) => flags.match(/--[a-z-]+/g) ?? []),
  )
  return options.find((option) => !own.has(option) && !common.has(option))
}

test('every command that a page names is one, with the options that it has', () => {
  const pages = globSync(['*.md', 'docs/**/*.md', 'packages/*/*.md'], { cwd: root })
  let named = 0
  for (const page of pages.filter((name) => name !== 'CHANGELOG.md')) {
    for (const line of namedIn(readFileSync(path.join(root, page), 'utf8'))) {
      named++
      assert.equal(faultOf(line), undefined, `${page}: ${line}`)
    }
  }
  assert.ok(named > 250, String(named))
})

test('one that there is none of, or an option of another, is found', () => {
  assert.equal(faultOf('sallyport devices suspend x --reason y'), undefined)
  assert.equal(faultOf('sallyport device suspend'), 'no such command')
  assert.equal(faultOf('sallyport devices list --lanes'), '--lanes')
})
