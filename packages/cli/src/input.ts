import { Problem } from '@sallyport/problem'
import type { Input } from './command.ts'

/** The value of an option, or undefined where it was not given. Names are in camelCase here and below. */
export function textOption(input: Input, name: string): string | undefined {
  const value = valueOf(input, name)
  return typeof value === 'string' ? value : undefined
}

/** The values of an option that can be repeated, or undefined where it was not given. */
export function textOptions(input: Input, name: string): readonly string[] | undefined {
  const value = valueOf(input, name)
  return Array.isArray(value) ? value : undefined
}

/** Whether a switch was given. */
export function isGiven(input: Input, name: string): boolean {
  return valueOf(input, name) === true
}

/** What a name as it is typed would find is nothing, and what was asked for would be passed over. */
function valueOf({ options }: Input, name: string): Input['options'][string] {
  if (name.includes('-')) throw new TypeError(`${name} is not in camelCase`)
  return options[name]
}

/**
 * An option that is a whole number.
 *
 * @throws Problem `command_usage` where it is none, or out of range
 */
export function numberOption(
  input: Input,
  name: string,
  range: { least: number; most: number },
): number | undefined {
  const text = textOption(input, name)
  if (text === undefined) return undefined
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (value >= range.least && value <= range.most) return value
  throw new Problem('command_usage', {
    detail: `--${flagName(name)} must be a whole number`,
    expected: `${range.least} to ${range.most}`,
    found: text,
  })
}

/**
 * An option that is one of a closed set.
 *
 * @throws Problem `command_usage` where it is another
 */
export function choiceOption<T extends string>(
  input: Input,
  name: string,
  choices: readonly T[],
): T | undefined {
  const text = textOption(input, name)
  return text === undefined ? undefined : choiceOf(name, text, choices)
}

/**
 * One of a closed set.
 *
 * @throws Problem `command_usage` where it is another
 */
export function choiceOf<T extends string>(name: string, text: string, choices: readonly T[]): T {
  const choice = choices.find((candidate) => candidate === text)
  if (choice !== undefined) return choice
  throw new Problem('command_usage', {
    detail: `--${flagName(name)} has a value that it does not take`,
    expected: choices.join(', '),
    found: text,
  })
}

/**
 * The argument at a place. Commander has made sure of required ones.
 */
export function argument(input: Input, index: number): string {
  const value = input.arguments[index]
  if (value === undefined) throw new TypeError(`Argument ${index} is not declared as required`)
  return value
}

/** `failOn` → `fail-on`: as it is typed. */
export function flagName(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
