import { type Command, commonOptions, type Option } from './command.ts'
import { commands } from './commands.ts'

/** `docs/reference/commands.md`, whole, as Markdown. */
export function commandReference(): string {
  const listed = commands.filter((command) => command.isInternal !== true)
  return [
    '# Commands',
    '',
    'Results go to stdout, words to stderr. Exit codes: 0 ok, 1 the answer is no, 2 wrong use, 3 could not be done.',
    'Every command takes these:',
    '',
    ...commonOptions.map(optionLine),
    '',
    ...listed.flatMap(entry),
  ].join('\n')
}

function entry(command: Command): string[] {
  const usage = ['sallyport', command.name, ...(command.arguments ?? []).map(({ name }) => name)]
  const lists = [
    ...(command.arguments ?? []).map(({ name, summary }) => `- \`${name}\`: ${summary}`),
    ...(command.options ?? []).map(optionLine),
  ]
  const examples = command.examples.flatMap(({ line, does }) => [`# ${does}`, line])
  return [
    `## \`${usage.join(' ')}\``,
    '',
    `${command.summary}.`,
    '',
    ...(command.details === undefined ? [] : [command.details, '']),
    ...(lists.length === 0 ? [] : [...lists, '']),
    ...(examples.length === 0 ? [] : ['```sh', ...examples, '```', '']),
  ]
}

function optionLine({ flags, summary }: Option): string {
  return `- \`${flags}\`: ${summary}`
}
