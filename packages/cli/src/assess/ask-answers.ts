import { Problem } from '@sallyport/problem'
import { type GivenAnswers, withDefaults } from './answers-file.ts'
import {
  notSure,
  questionNames,
  questions,
  type QuestionName,
  type Situation,
} from './questions.ts'

/** One question as it is put to a person. */
export type Prompt = {
  readonly message: string
  readonly options: readonly { readonly value: string; readonly label: string }[]
  readonly initialValue: string
}

/** Puts one question; the value that was chosen, or undefined where the person stops. */
export type Ask = (prompt: Prompt) => Promise<string | undefined>

/** Asks every question, in order. @throws Problem `command_usage` where the person stops */
export async function askAnswers(ask: Ask): Promise<GivenAnswers> {
  const given: Partial<Record<QuestionName, string>> = {}
  for (const [index, name] of questionNames.entries()) {
    const { asks, choices, initial } = questions[name]
    const said = { ...choices, [notSure]: 'not sure' }
    const answer = await ask({
      message: `${index + 1}/${questionNames.length}  ${asks}`,
      options: Object.entries(said).map(([value, label]) => ({ value, label })),
      initialValue: initial,
    })
    if (answer === undefined) throw new Problem('command_usage', { detail: 'Stopped' })
    given[name] = answer
  }
  // Each is one of the values that were offered.
  return withDefaults(given as Situation)
}

/** On the terminal. */
export const askAtTerminal: Ask = async (prompt) => {
  const { isCancel, select } = await import('@clack/prompts')
  const answer = await select({ ...prompt, options: [...prompt.options] })
  return isCancel(answer) ? undefined : answer
}
