import { readFileSync } from 'node:fs'

/** A page of docs/guide. */
export const pageOf = (name: string) =>
  readFileSync(new URL(`../../../../../docs/guide/${name}.md`, import.meta.url), 'utf8')

const attestationPages = [
  'attestation',
  'attestation-android',
  'attestation-ios',
  'attestation-trust',
  'attestation-refusals',
]

/** All pages on attestation, in the order in which their lines are run. */
export const guide = attestationPages.map(pageOf).join('\n')

/** docs/guide/privacy.md */
export const privacyGuide = pageOf('privacy')

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
