import { rmSync, writeFileSync } from 'node:fs'
import { after } from 'node:test'

const files = new Set<URL>()
after(() => {
  for (const file of files) rmSync(file)
})

/** Runs lines of a page with what they take for granted, and has what they name. */
export async function runLines(
  lines: string,
  given: Readonly<Record<string, unknown>>,
  named = 'undefined',
): Promise<unknown> {
  const file = new URL(`./page-${process.pid}-${files.size}.mjs`, import.meta.url)
  files.add(file)
  const names = Object.keys(given).join(', ')
  writeFileSync(file, `export default async ({ ${names} }) => {\n${lines}\nreturn ${named}\n}\n`)
  const loaded = (await import(file.href)) as { default: (given: unknown) => Promise<unknown> }
  return loaded.default(given)
}
