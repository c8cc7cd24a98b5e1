import { celVariableFields } from './environment.ts'

/**
 * What a condition may call: a closed set, of functions whose cost is bounded by what they are given.
 * Not among them: `matches`, whose regular expressions backtrack; `join`, `bytes` and `cel.bind`, with which
 * a text can grow without bound; and readings of a time in a time zone, which go by the machine's own
 * (`during` does it).
 */
const allowedFunctions: ReadonlySet<string> = new Set([
  'size',
  'has',
  'all',
  'exists',
  'exists_one',
  'filter',
  'map',
  'startsWith',
  'endsWith',
  'contains',
  'lowerAscii',
  'upperAscii',
  'trim',
  'split',
  'substring',
  'indexOf',
  'lastIndexOf',
  'isAtLeast',
  'int',
  'double',
  'string',
  'bool',
  'dyn',
  'type',
  'timestamp',
  'duration',
  'getFullYear',
  'getMonth',
  'getDate',
  'getDayOfMonth',
  'getDayOfWeek',
  'getHours',
  'getMinutes',
  'getSeconds',
])
const macros: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'filter', 'map'])
/** What takes as long as a list has items; `split` makes one of a text. */
const lengthy: ReadonlySet<string> = new Set([...macros, 'split'])
/** A list in a list is as far as it goes: the work is the product of both. */
export const maxMacroDepth = 2

/** As much of a node of the library's syntax tree as is looked at. */
export type SyntaxNode = {
  readonly op: string
  readonly args: unknown
  readonly start: number
}

export type SyntaxFault = { readonly message: string; readonly at: number }

/** What is wrong with an expression that its grammar and types allow. */
export function syntaxFault(node: SyntaxNode): SyntaxFault | undefined {
  const called = calledBy(node)
  if (called !== undefined && !allowedFunctions.has(called.name)) {
    return { message: `the function ${called.name} is not available`, at: node.start }
  }
  if (called !== undefined && called.parameters > 0 && called.name.startsWith('get')) {
    return { message: 'times are read in UTC; for a time zone use during', at: node.start }
  }
  if (called?.name === 'has') {
    const unknown = unknownMember(node)
    if (unknown !== undefined) return { message: `No such key: ${unknown}`, at: node.start }
  }
  for (const child of children(node.args)) {
    const fault = syntaxFault(child)
    if (fault !== undefined) return fault
  }
  return undefined
}

/** How many macros, and splits of texts, stand within one another, at most. */
export function macroDepth(node: SyntaxNode): number {
  const called = calledBy(node)
  let deepest = 0
  for (const child of children(node.args)) deepest = Math.max(deepest, macroDepth(child))
  return deepest + (called !== undefined && lengthy.has(called.name) ? 1 : 0)
}

function calledBy({ op, args }: SyntaxNode): { name: string; parameters: number } | undefined {
  if ((op !== 'call' && op !== 'rcall') || !Array.isArray(args)) return undefined
  const parameters: unknown = args.at(-1)
  return { name: String(args[0]), parameters: Array.isArray(parameters) ? parameters.length : 0 }
}

/** The type check does not look into `has()`: a name that is never there would be found missing for ever. */
function unknownMember({ args }: SyntaxNode): string | undefined {
  const [, parameters] = args as readonly [string, readonly SyntaxNode[]]
  let node = parameters[0]
  let member: string | undefined
  while (node !== undefined && node.op === '.') {
    const [left, name] = node.args as readonly [SyntaxNode, string]
    member = name
    node = left
  }
  if (node?.op !== 'id' || member === undefined) return undefined
  const variable = String(node.args)
  if (!Object.hasOwn(celVariableFields, variable)) return undefined
  return Object.hasOwn(celVariableFields[variable] ?? {}, member) ? undefined : member
}

function* children(args: unknown): Generator<SyntaxNode> {
  if (Array.isArray(args)) for (const item of args) yield* children(item)
  else if (typeof args === 'object' && args !== null && 'op' in args) yield args as SyntaxNode
}
