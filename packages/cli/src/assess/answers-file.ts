import { readConfig } from '@sallyport/config'
import Type, { type TSchema } from 'typebox'
import { type Answers, questions as nameQuestions } from '../init/answers.ts'
import {
  answersTo,
  type QuestionName,
  questionNames,
  questions,
  type Situation,
} from './questions.ts'

/** What a file of answers comes to. */
export type GivenAnswers = {
  readonly situation: Situation
  readonly names: Answers
  /** Questions that were left out, and have their usual answer. */
  readonly assumed: readonly QuestionName[]
}

const closed = { additionalProperties: false }

const AnswersSchema = Type.Object(
  {
    ...Object.fromEntries(
      questionNames.map((name): [string, TSchema] => [
        name,
        Type.Optional(Type.Enum(answersTo(name), { description: questions[name].asks })),
      ]),
    ),
    names: Type.Optional(
      Type.Object(
        Object.fromEntries(
          nameQuestions.map(({ flag, pattern, message }): [string, TSchema] => [
            flag,
            Type.Optional(Type.String({ pattern: pattern.source, description: message })),
          ]),
        ),
        closed,
      ),
    ),
  },
  closed,
)

type AnswersFile = Partial<Situation> & { names?: Partial<Answers> }

/**
 * Reads a file of answers.
 *
 * @throws Problem `command_usage` with file:line:column, and the nearest right word; `config_unreadable`
 */
export function readAnswers(file: string): GivenAnswers {
  const { names, ...given } = readConfig<AnswersFile>(file, AnswersSchema, {
    invalid: 'command_usage',
    unreadable: 'config_unreadable',
  }).value
  return withDefaults(given, names)
}

/** The usual answers where none is given. */
export function withDefaults(
  given: Partial<Situation>,
  names: Partial<Answers> = {},
): GivenAnswers {
  const situation = Object.fromEntries(
    questionNames.map((name) => [name, given[name] ?? questions[name].initial]),
  )
  return {
    // Every question was gone through just now.
    situation: situation as Situation,
    names: completeNames(names),
    assumed: questionNames.filter((name) => given[name] === undefined),
  }
}

/** As `sallyport init` offers them, under example.com where no trust domain is named. */
function completeNames(given: Partial<Answers>): Answers {
  const known: Partial<Answers> = { trustDomain: 'example.com', ...given }
  for (const { flag, initial } of nameQuestions) known[flag] ??= initial(known)
  // Every name was gone through just now.
  return known as Answers
}

/** A file of answers with every question, its answers, and the usual one filled in. */
export function answersTemplate(): string {
  const asked = questionNames.map((name) => {
    const { asks, initial, choices } = questions[name]
    const width = Math.max(...answersTo(name).map((answer) => answer.length))
    const said = Object.entries({ ...choices, 'not-sure': 'nothing is concluded from it' }).map(
      ([answer, words]) => `#   ${answer.padEnd(width)}  ${words}`,
    )
    return [`# ${asks}`, ...said, `${name}: ${initial}`, ''].join('\n')
  })
  const { trustDomain, ...rest } = completeNames({})
  const names = Object.entries({ trustDomain, ...rest }).map(
    ([name, value]) => `#   ${name}: ${value}`,
  )
  return [
    '# For: sallyport assess answers.yaml',
    '',
    ...asked,
    '# What the starting sallyport.yaml says; as for: sallyport init',
    '# names:',
    ...names,
  ].join('\n')
}
