import { Argument, Command as Commander, CommanderError, Option } from 'commander'
import {
  type Command,
  type ExitCode,
  type Input,
  type Option as CommandOption,
  sharedOptions,
} from './command.ts'
import { commandGroups } from './commands.ts'
import { digestsAsArguments } from './leading-hyphen.ts'
import { packageVersion } from './package-version.ts'

export type Chosen = { command: Command; input: Input }

/** What argv asks for: a command with its input, or an exit code where help or an error was printed. */
export type Reading = { chosen: Chosen } | { exitCode: ExitCode }

/**
 * Reads a command line against the table of commands. Help goes to stdout, complaints to stderr with
 * exit code 2.
 */
export function readCommandLine(argv: readonly string[], commands: readonly Command[]): Reading {
  let chosen: Chosen | undefined
  const program = new Commander('sallyport')
    .description(
      'Mutual TLS for mobile apps: attested device certificates, and a gateway that decides each request.',
    )
    .helpCommand('help [command]', 'explain a command')
    .version(packageVersion(), '-V, --version')
    .exitOverride()
    .showHelpAfterError('Run it with --help for its arguments and an example.')
    .addHelpText(
      'after',
      '\nBegin with:\n  $ sallyport dev      everything on this machine, nothing to configure',
    )
  for (const command of commands) {
    declare(program, command, (input) => {
      chosen = { command, input }
    })
  }
  try {
    program.parse(digestsAsArguments(argv, commands), { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return { exitCode: error.exitCode === 0 ? 0 : 2 }
  }
  if (chosen !== undefined) return { chosen }
  program.outputHelp({ error: true })
  return { exitCode: 2 }
}

function declare(program: Commander, command: Command, choose: (input: Input) => void): void {
  const words = command.name.split(' ')
  const own = words.at(-1) ?? command.name
  const groups = words.slice(0, -1)
  const parent = groups.reduce(
    (within, _word, depth) => groupOf(within, groups.slice(0, depth + 1).join(' ')),
    program,
  )
  const declared = parent
    .command(own)
    .summary(command.summary)
    .description([`${command.summary}.`, command.details ?? ''].join('\n\n').trim())
    .addHelpText('after', exampleText(command))
  for (const argument of command.arguments ?? []) {
    declared.addArgument(new Argument(argument.name, argument.summary))
  }
  const { config, json, yes } = sharedOptions
  const shared = command.needsNoConfig === true ? [json] : [config, json]
  for (const option of [...(command.options ?? []), ...shared]) {
    declared.addOption(declaredOption(option))
  }
  declared.addOption(new Option(yes.flags, yes.summary).hideHelp(command.asks !== true))
  declared.action(() => choose({ arguments: declared.args, options: declared.opts() }))
}

function declaredOption({ flags, summary, repeatable }: CommandOption): Option {
  if (repeatable !== true) return new Option(flags, summary)
  const collect = (value: string, values: readonly string[] = []): readonly string[] => [
    ...values,
    value,
  ]
  return new Option(flags, summary).argParser(collect)
}

/** The group of this name, as `acme credentials`, within the one that its words before the last name. */
function groupOf(within: Commander, name: string): Commander {
  const own = name.split(' ').at(-1) ?? name
  const existing = within.commands.find((candidate) => candidate.name() === own)
  if (existing !== undefined) return existing
  const summary = commandGroups[name] ?? ''
  return within.command(own).summary(summary).description(`${summary}.`)
}

function exampleText(command: Command): string {
  if (command.examples.length === 0) return ''
  const lines = command.examples.flatMap(({ line, does }) => [`  # ${does}`, `  $ ${line}`])
  return `\n${['Examples:', ...lines].join('\n')}`
}
