import { type Command, type Option, sharedOptions } from './command.ts'
import { commands } from './commands.ts'

/** `docs/reference/commands.md`, whole, as Markdown. */
export function commandReference(): string {
  return [
    '# Commands',
    '',
    'Results go to stdout, words to stderr. Exit codes: 0 ok, 1 the answer is no, 2 wrong use, 3 could not be done.',
    'Commands that read a configuration file take `--config`, those that ask take `--yes`, and all take `--json`:',
    '',
    ...Object.values(sharedOptions).map(optionLine),
    '',
    'With `--json` a list is one array of rows as the admin API has them, `[]` where there is none; an array that is not closed, with exit code 3, broke off.',
    'Where there is more than `--limit`, stderr says so. Times are RFC 3339 or a day (UTC), spans `90s`, `10m`, `24h`, `7d` or `2w`; where one is taken, so is the other.',
    '',
    ...commands.flatMap(entry),
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
