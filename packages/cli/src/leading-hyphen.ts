import { type Command, sharedOptions } from './command.ts'

/** SHA-256 in base64url, as ids of CAs and thumbprints are: one in 64 begins like an option. */
const hyphenDigest = /^-[A-Za-z0-9_-]{42}$/

/** The words of a command line, with the digests that would be read as options behind `--`; values of options stay. */
export function digestsAsArguments(
  argv: readonly string[],
  commands: readonly Command[],
): readonly string[] {
  if (argv.includes('--') || !argv.some((word) => hyphenDigest.test(word))) return argv
  const options = [...commands.flatMap((command) => command.options ?? []), sharedOptions.config]
  const valued = new Set(
    options
      .filter(({ flags }) => flags.includes('<'))
      .flatMap(({ flags }) => flags.match(/(?<![a-z-])--?[a-z-]+/gi) ?? []),
  )
  const isDigest = (word: string, index: number) =>
    hyphenDigest.test(word) && !valued.has(argv[index - 1] ?? '')
  const others = argv.filter((word, index) => !isDigest(word, index))
  return [...others, '--', ...argv.filter(isDigest)]
}
