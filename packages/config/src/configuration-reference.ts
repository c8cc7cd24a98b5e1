import type { TSchema } from 'typebox'

/** The members of JSON Schema that a reference page speaks of. */
type Node = {
  type?: string
  const?: unknown
  enum?: readonly unknown[]
  default?: unknown
  description?: string
  pattern?: string
  minimum?: number
  exclusiveMinimum?: number
  maximum?: number
  required?: readonly string[]
  properties?: Readonly<Record<string, Node>>
  additionalProperties?: boolean | Node
  patternProperties?: Readonly<Record<string, Node>>
  items?: Node
  anyOf?: readonly Node[]
}

/** One key of the file, as `gateway.hosts.<name>.clientCertificate`. */
export type ConfigurationKey = {
  readonly path: string
  readonly description: string | undefined
  readonly values: string
  readonly default: string | undefined
  readonly isRequired: boolean
}

/** Every key that a schema allows, in its own order, a mapping before what is in it. */
export function configurationKeys(schema: TSchema): ConfigurationKey[] {
  return [...members('', schema)]
}

/** `docs/reference/configuration.md`, whole, as Markdown. */
export function configurationReference(schema: TSchema): string {
  const rows = configurationKeys(schema).map(
    ({ path, description = '', values, default: fallback, isRequired }) =>
      `| \`${path}\` | ${[description, isRequired ? '**Required.**' : ''].filter(Boolean).join(' ')} | ${cell(values)} | ${fallback === undefined ? '' : `\`${fallback}\``} |`,
  )
  return [
    '# Configuration',
    '',
    '`sallyport.yaml` is YAML 1.2. A key that is not listed here is an error, and so is one that stands twice; errors name file, line and',
    'column. Paths are relative to the file. What begins with `insecure` weakens a protection, is off by default, and is printed at every start.',
    '',
    '| key | what it is | values | default |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}

function* members(path: string, node: Node): Generator<ConfigurationKey> {
  for (const [name, member] of Object.entries(node.properties ?? {})) {
    const isRequired = (node.required?.includes(name) ?? false) && member.default === undefined
    yield* entry(path === '' ? name : `${path}.${name}`, member, isRequired)
  }
}

function* entry(path: string, node: Node, isRequired: boolean): Generator<ConfigurationKey> {
  const inside = contents(path, node)
  yield {
    path,
    description: node.description,
    values: inside === undefined ? valuesOf(node) : inside.kind,
    default:
      inside === undefined && node.default !== undefined ? JSON.stringify(node.default) : undefined,
    isRequired,
  }
  if (inside !== undefined) yield* members(inside.path, inside.node)
}

/** What lies inside a key: its own keys, those under names that the file chooses, or those of a list. */
function contents(
  path: string,
  node: Node,
): { path: string; node: Node; kind: string } | undefined {
  const named = namedMembers(node)
  if (named !== undefined) return { path: `${path}.<name>`, node: named, kind: 'a mapping by name' }
  if (node.properties !== undefined) return { path, node, kind: 'a mapping' }
  if (node.items?.properties !== undefined) {
    return { path: `${path}[]`, node: node.items, kind: 'a list of mappings' }
  }
  const mapping = node.items?.anyOf?.find(({ properties }) => properties !== undefined)
  if (mapping !== undefined) {
    return { path: `${path}[]`, node: mapping, kind: 'a list of texts or mappings' }
  }
  return undefined
}

function namedMembers(node: Node): Node | undefined {
  const [pattern] = Object.values(node.patternProperties ?? {})
  const other =
    typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined
  const member = pattern ?? other
  return member?.properties === undefined ? undefined : member
}

function valuesOf(node: Node): string {
  if (node.const !== undefined) return code(node.const)
  if (node.enum !== undefined) return node.enum.map(code).join(', ')
  if (node.anyOf !== undefined) return [...new Set(node.anyOf.flatMap(alternatives))].join(' or ')
  if (node.properties !== undefined) return mappingOf(node)
  if (node.items !== undefined) return `a list: ${valuesOf(node.items)}`
  const low = node.exclusiveMinimum === undefined ? node.minimum : node.exclusiveMinimum
  const bounds = [
    ...(low === undefined
      ? []
      : [`${node.exclusiveMinimum === undefined ? 'from' : 'above'} ${low}`]),
    ...(node.maximum === undefined ? [] : [`up to ${node.maximum}`]),
  ]
  return [node.type ?? 'any', ...bounds].join(' ')
}

/** Unions in unions say no more than one. */
function alternatives(node: Node): string[] {
  return node.anyOf === undefined ? [valuesOf(node)] : node.anyOf.flatMap(alternatives)
}

/** `{ header: text }`: what stands in a mapping that has no rows of its own. */
function mappingOf({ properties = {}, required = [] }: Node): string {
  const inside = Object.entries(properties).map(([name, member]) => {
    const words = member.description === undefined ? member.type : lowerFirst(member.description)
    return `${name}${required.includes(name) ? '' : '?'}: ${words ?? 'any'}`
  })
  return `\`{ ${inside.join(', ')} }\``
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1)
}

function code(value: unknown): string {
  return `\`${String(value)}\``
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
