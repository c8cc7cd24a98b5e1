import { styleText } from 'node:util'
import { type Problem, problemText, reasonOf } from '@sallyport/problem'
import { jsonText } from './json-text.ts'
import { jsonList, type ListWriter, textList, writeOut } from './list-writer.ts'
import { formatTable, type Row } from './table.ts'

type Style = Parameters<typeof styleText>[0]

/** Where a command's results and words go: data on stdout, words on stderr. */
export type Output = {
  readonly json: boolean
  /** Whether a person sits at the terminal and can be asked. */
  readonly interactive: boolean
  /** The result of the command: with --json one line of JSON, otherwise the text. */
  result(data: unknown, text: string | (() => string)): void
  /** As `result`, for rows of one shape. `empty` is said on stderr where there is none. */
  table(rows: readonly Row[], options: { empty: string }): void
  /** As `table`, of a list that is read page by page. */
  list(): ListWriter
  /** A part of the result, as it is. Resolves when whoever reads has taken enough of it. */
  write(text: string): Promise<void>
  /** Words for a person: progress, notes, what to do next. */
  say(text: string): void
  /** A failure: with --json one line of JSON, on stderr as well. */
  problem(problem: Problem): void
  /** Styled for stdout, where stdout is a terminal. */
  paint(style: Style, text: string): string
}

export type OutputOptions = {
  json: boolean
  stdout: NodeJS.WriteStream
  stderr: NodeJS.WriteStream
  stdin: NodeJS.ReadStream
}

export function createOutput({ json, stdout, stderr, stdin }: OutputOptions): Output {
  // styleText looks at isTTY, NO_COLOR and FORCE_COLOR of the stream.
  const paint = (style: Style, text: string): string => styleText(style, text, { stream: stdout })
  return {
    json,
    interactive: stdin.isTTY === true && stderr.isTTY === true && !json,
    result(data, text) {
      const printed = json ? jsonText(data) : typeof text === 'string' ? text : text()
      if (printed !== '') stdout.write(`${printed}\n`)
    },
    table(rows, { empty }) {
      if (json) stdout.write(`${jsonText(rows)}\n`)
      else if (rows.length === 0) stderr.write(`${empty}\n`)
      else stdout.write(`${formatTable(rows, (heading) => paint('bold', heading))}\n`)
    },
    list: () =>
      json
        ? jsonList({ stdout, stderr })
        : textList({ stdout, stderr }, (heading) => paint('bold', heading)),
    write: (text) => writeOut(stdout, text),
    say: (text) => void stderr.write(`${text}\n`),
    problem(problem) {
      const text = json
        ? jsonText(problemFacts(problem))
        : emphasizeFirstLine(problemText(problem), stderr)
      stderr.write(`${text}\n`)
    },
    paint,
  }
}

function problemFacts(problem: Problem): Record<string, string> {
  const reason = reasonOf(problem.code)
  return {
    code: problem.code,
    title: reason.title,
    ...(problem.detail === undefined ? {} : { detail: problem.detail }),
    ...(problem.expected === undefined ? {} : { expected: problem.expected }),
    ...(problem.found === undefined ? {} : { found: problem.found }),
    fix: reason.fix,
  }
}

function emphasizeFirstLine(text: string, stream: NodeJS.WriteStream): string {
  const [first = '', ...rest] = text.split('\n')
  return [styleText('red', first, { stream }), ...rest].join('\n')
}
