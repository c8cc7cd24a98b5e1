import { celEnvironment } from './environment.ts'
import { macroDepth, maxMacroDepth, syntaxFault } from './allowed-functions.ts'
import type { CelVariables } from './variables.ts'

/** What came of a condition: it holds, it does not, or why it could not be told. */
export type CelOutcome = true | false | { readonly error: string }

/** Never throws. */
export type CelCondition = (variables: CelVariables) => CelOutcome

export type CompiledCondition =
  | {
      readonly condition: CelCondition
      /** Whether it goes through a list, or splits a text, for each item of another. */
      readonly isNested: boolean
      readonly fault: undefined
    }
  | { readonly condition: undefined; readonly fault: string }

export const maxConditionCharacters = 2_000

/**
 * Compiles a condition in CEL (github.com/google/cel-spec).
 *
 * @returns as `fault` what is wrong with it, with its place: names that are not there and types that do not
 *   fit are found here, not in a request
 */
export function compileCondition(source: string): CompiledCondition {
  if (source.length > maxConditionCharacters) {
    return faulty(`more than ${maxConditionCharacters} characters`)
  }
  let parsed: ReturnType<ReturnType<typeof celEnvironment>['parse']>
  try {
    parsed = celEnvironment().parse(source)
  } catch (error) {
    return faulty(placed(source, error))
  }
  const fault = syntaxFault(parsed.ast)
  if (fault !== undefined) return faulty(`${fault.message}, at ${placeOf(source, fault.at)}`)
  const depth = macroDepth(parsed.ast)
  if (depth > maxMacroDepth) {
    return faulty(`more than ${maxMacroDepth} macros within one another, where split counts as one`)
  }
  const { valid, type, error } = parsed.check()
  if (!valid) return faulty(placed(source, error))
  if (type !== 'bool' && type !== 'dyn') return faulty(`it is of type ${type}, not bool`)
  return {
    fault: undefined,
    isNested: depth > 1,
    condition: (variables) => {
      try {
        const value: unknown = parsed(variables)
        return typeof value === 'boolean' ? value : { error: 'it is not of type bool' }
      } catch (thrown) {
        return { error: evaluationFault(source, thrown) }
      }
    },
  }
}

function faulty(fault: string): CompiledCondition {
  return { condition: undefined, fault }
}

type Range = { readonly start: number; readonly end: number }

function placed(source: string, error: unknown): string {
  const { said, range } = partsOf(error)
  return range === undefined ? said : `${said}, at ${placeOf(source, range.start)}`
}

/** Without what the library says: values of claims are in its words. */
function evaluationFault(source: string, error: unknown): string {
  const { code, range } = partsOf(error)
  const piece = range === undefined ? '' : `: ${source.slice(range.start, range.end)}`
  return `${code}${piece}`.slice(0, 200)
}

function partsOf(error: unknown): { said: string; code: string; range: Range | undefined } {
  if (!(error instanceof Error)) return { said: String(error), code: 'error', range: undefined }
  const { code, summary, range } = error as Error & {
    readonly code?: string
    readonly summary?: string
    readonly range?: Range
  }
  return { said: summary ?? error.message, code: code ?? error.name, range }
}

/** `line 2, column 5`, both from 1. */
function placeOf(source: string, at: number): string {
  const before = source.slice(0, at).split('\n')
  return `line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`
}
