import type { Output } from './terminal/output.ts'

/** Exit codes: 0 ok, 1 the answer is no, 2 wrong use, 3 could not be done. */
export type ExitCode = 0 | 1 | 2 | 3

/** One command: a row of the table in commands.ts. Help and reference are made from it. */
export type Command = {
  /** What is typed after `sallyport`: one word, or a group and a word. */
  readonly name: string
  /** One line, without a full stop. */
  readonly summary: string
  /** What help says besides: what it does, what it leaves alone, where the trap is. */
  readonly details?: string
  readonly arguments?: readonly Argument[]
  readonly options?: readonly Option[]
  /** Lines that work as printed, in the folder where `sallyport dev` runs. */
  readonly examples: readonly Example[]
  /** The operation, loaded only when it is run: `serve --role gateway` must load little. */
  readonly load: () => Promise<Operation>
  /** Whether it reads no configuration file, and so takes no --config. */
  readonly needsNoConfig?: boolean
  /** Whether it asks before it acts; --yes is listed where it does, and taken everywhere. */
  readonly asks?: boolean
}

export type Argument = {
  /** `<name>` is required, `[name]` optional, `[name…]` any number. */
  readonly name: string
  readonly summary: string
}

export type Option = {
  /** As commander reads it: `-d, --dir <directory>`. */
  readonly flags: string
  readonly summary: string
  /** Whether it can be given more than once, each time with one more value. */
  readonly repeatable?: boolean
}

export type Example = { readonly line: string; readonly does: string }

export type Operation = (input: Input, output: Output) => Promise<ExitCode>

/** What was typed, behind names. */
export type Input = {
  readonly arguments: readonly string[]
  /** Options by their long name in camelCase. */
  readonly options: Readonly<Record<string, string | boolean | readonly string[] | undefined>>
}

/** Options of commands that print a list of the admin API: see `admin/print-list.ts`. */
export const pageOptions: readonly Option[] = [
  { flags: '--limit <count>', summary: 'at most so many (default: 100)' },
  { flags: '--all', summary: 'every one of them, page by page' },
]

/** Options that all commands share. */
export const sharedOptions = {
  config: {
    flags: '-c, --config <file>',
    summary:
      'the configuration file (default: ./sallyport.yaml, or what `sallyport dev` wrote here)',
  },
  json: { flags: '--json', summary: 'print the result as JSON on stdout' },
  yes: { flags: '-y, --yes', summary: 'do not ask' },
} as const satisfies Record<string, Option>
