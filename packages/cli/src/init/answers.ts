import { Problem } from '@sallyport/problem'
import { appIdPattern, trustDomainPattern } from '@sallyport/wire'
import type { Input } from '../command.ts'
import { isGiven, textOption } from '../input.ts'
import type { Output } from '../terminal/output.ts'

/** What `sallyport init` must know. */
export type Answers = {
  trustDomain: string
  appId: string
  /** The name under which phones reach the gateway. */
  apiHost: string
  /** The name under which phones reach the authority's device listener. */
  enrollHost: string
  /** Origin of the service behind the gateway. */
  upstream: string
}

type Question = {
  readonly flag: keyof Answers
  readonly message: string
  readonly pattern: RegExp
  readonly expected: string
  readonly initial: (known: Partial<Answers>) => string
}

const hostName =
  /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+$/

const origin =
  /^https?:\/\/(?:\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?)(?::[0-9]{1,5})?$/

/** The questions, in order. On a terminal each is asked unless its option was given. */
export const questions: readonly Question[] = [
  {
    flag: 'trustDomain',
    message: 'Trust domain: the name that all identities stand under',
    pattern: new RegExp(trustDomainPattern),
    expected: 'a DNS name in lower case, such as example.com',
    initial: () => '',
  },
  {
    flag: 'appId',
    message: 'Your app: a short id for it',
    pattern: new RegExp(appIdPattern),
    expected: 'lower-case letters, digits and hyphens, such as wallet',
    initial: () => 'app',
  },
  {
    flag: 'apiHost',
    message: 'The host name of your API, as the app calls it',
    pattern: hostName,
    expected: 'a DNS name in lower case, such as api.example.com',
    initial: ({ trustDomain }) => `api.${trustDomain ?? ''}`,
  },
  {
    flag: 'enrollHost',
    message: 'The host name where devices enrol and renew',
    pattern: hostName,
    expected: 'a DNS name in lower case, such as enroll.example.com',
    initial: ({ trustDomain }) => `enroll.${trustDomain ?? ''}`,
  },
  {
    flag: 'upstream',
    message: 'The service behind the gateway',
    pattern: origin,
    expected: 'an origin, such as http://127.0.0.1:9000',
    initial: () => 'http://127.0.0.1:9000',
  },
]

/**
 * The answers: from options, and on a terminal from the person. Off a terminal, and with --yes, options
 * that were left out take what would have been offered, as far as there is something to offer.
 *
 * @throws Problem `command_usage`
 */
export async function collectAnswers(input: Input, output: Output): Promise<Answers> {
  const known: Partial<Answers> = {}
  const asks = output.interactive && !isGiven(input, 'yes')
  for (const question of questions) {
    const given = textOption(input, question.flag)
    const offered = question.initial(known)
    const answer = given ?? (asks ? await ask(question, offered) : offered)
    if (!question.pattern.test(answer)) throw unacceptable(question, answer)
    known[question.flag] = answer
  }
  // Every question was answered just now.
  return known as Answers
}

async function ask(question: Question, offered: string): Promise<string> {
  const { isCancel, text } = await import('@clack/prompts')
  const answer = await text({
    message: question.message,
    placeholder: offered,
    defaultValue: offered,
    validate: (value) =>
      value === undefined || value === '' || question.pattern.test(value)
        ? undefined
        : `Expected ${question.expected}`,
  })
  if (isCancel(answer))
    throw new Problem('command_usage', { detail: 'Stopped; nothing was written' })
  return answer
}

function unacceptable(question: Question, found: string): Problem {
  const flag = question.flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  return new Problem('command_usage', {
    detail: found === '' ? `--${flag} is needed` : `--${flag} is not acceptable`,
    expected: question.expected,
    ...(found === '' ? {} : { found }),
  })
}
