import { dataKinds, dataMap, elsewhere, type MappedTable } from './data-map.ts'

/** The page that says what is kept of whom, in Markdown. */
export function dataMapReference(): string {
  const kinds = Object.entries(dataKinds).map(([kind, words]) => `- **${kind}**: ${words}.`)
  const places = elsewhere.map(({ place, holds, kept }) => `| ${place} | ${holds} | ${kept} |`)
  return `# Data map

What the authority keeps of whom, why, and for how long: each column of its store. Generated from a table that a test holds
against the store; see [privacy](../guide/privacy.md) for what to do with it.

${kinds.join('\n')}

## The store

| table | why | kept |
|---|---|---|
${dataMap.map(({ table, why, kept }) => `| [${table}](#${table}) | ${why} | ${kept} |`).join('\n')}

${dataMap.map(sectionOf).join('\n\n')}

## Elsewhere

| where | what | kept |
|---|---|---|
${places.join('\n')}
`
}

function sectionOf({ table, columns }: MappedTable): string {
  const rows = Object.entries(columns).map(
    ([kind, names]) => `- ${kind}: ${names.split(' ').join(', ')}`,
  )
  return `### ${table}\n\n${rows.join('\n')}`
}
