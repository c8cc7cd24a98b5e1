import { readFileSync } from 'node:fs'

/** docs/guide/attestation.md */
export const guide = readFileSync(
  new URL('../../../../../docs/guide/attestation.md', import.meta.url),
  'utf8',
)

/** docs/guide/privacy.md */
export const privacyGuide = readFileSync(
  new URL('../../../../../docs/guide/privacy.md', import.meta.url),
  'utf8',
)

/** The fenced blocks of a language, in their order, without what they are indented by. */
export function blocksOf(markdown: string, language: string): string[] {
  const fence = new RegExp(`^( *)\`\`\`${language}\\n([\\s\\S]*?)^ *\`\`\`$`, 'gm')
  return [...markdown.matchAll(fence)].map(([, indent = '', block = '']) =>
    block.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  )
}

/** The lines of all shell blocks, without their comments. */
export function shellLines(markdown: string): string[] {
  return blocksOf(markdown, 'sh')
    .flatMap((block) => block.split('\n'))
    .map((line) => line.replace(/ +#.*$/, '').trim())
    .filter((line) => line !== '')
}

/** The words of a line as a shell takes them; what stands in double quotes is one. */
export function wordsOf(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '')
}
