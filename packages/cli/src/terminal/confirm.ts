import { Problem } from '@sallyport/problem'
import type { Input } from '../command.ts'
import { isGiven } from '../input.ts'
import type { Output } from './output.ts'

/**
 * Asks before something that cannot be undone. With --yes it is done without asking; off a terminal,
 * where nobody can be asked, --yes is needed. Says so where nothing is done.
 *
 * @throws Problem `command_usage` where nobody can be asked
 */
export async function confirmed(input: Input, output: Output, question: string): Promise<boolean> {
  if (isGiven(input, 'yes')) return true
  if (!output.interactive) {
    throw new Problem('command_usage', {
      detail: `${question} Nobody can be asked here`,
      expected: '--yes',
    })
  }
  const { confirm, isCancel } = await import('@clack/prompts')
  const answer = await confirm({ message: question, initialValue: false })
  if (!isCancel(answer) && answer) return true
  output.say('Nothing was changed')
  return false
}
